#include <array>

#include "config/cpu_count.h"
#include "config/option_rows.h"

namespace appserver::config {
namespace {

using std::chrono::milliseconds;

constexpr int kMostCrashes = 1'000'000;
constexpr int kMostKept = 1000;
constexpr std::uint64_t kMostRequests = 1'000'000'000;

constexpr std::array kRows{
    OptionRow{.name = "verify-command",
              .group = Group::Deploys,
              .field = TextField{&Options::verify_command},
              .metavar = "COMMAND",
              .help = "Shell command that a release has to pass, beside the checks of the TOML "
                      "file, before it gets a client. The variable APPSERVERD_VERIFY_SOCKET names "
                      "the unix socket at which the release answers it.",
              .default_text = "none"},
    OptionRow{.name = "verify-timeout",
              .group = Group::Deploys,
              .field = DurationField{&Options::verify_timeout, kShortest, kLongest},
              .metavar = "TIME",
              .help = "Time for all checks and the command of --verify-command."},
    OptionRow{.name = "deploy-canary",
              .group = Group::Deploys,
              .field = NumberField<int>{&Options::deploy_canary, 0, kMostWorkers},
              .metavar = "COUNT",
              .help = "Workers that a deploy replaces, and watches, before it goes on with the "
                      "others; 0 replaces all in one go."},
    OptionRow{.name = "deploy-watch",
              .group = Group::Deploys,
              .field = DurationField{&Options::deploy_watch, milliseconds{0}, kLongest},
              .metavar = "TIME",
              .help = "How long a release is watched after the canary, and again after all, "
                      "before it counts as live; when it does worse than the one before it, that "
                      "one is put back. 0 watches nothing."},
    OptionRow{.name = "watch-requests",
              .group = Group::Deploys,
              .field = NumberField<std::uint64_t>{&Options::watch_requests, 1, kMostRequests},
              .metavar = "COUNT",
              .help = "Requests below which a watched release is not judged by its errors and "
                      "times."},
    OptionRow{.name = "watch-crashes",
              .group = Group::Deploys,
              .field = NumberField<int>{&Options::watch_crashes, 0, kMostCrashes},
              .metavar = "COUNT",
              .help = "Crashes that a watched release may have."},
    OptionRow{.name = "watch-errors",
              .group = Group::Deploys,
              .field = NumberField<int>{&Options::watch_errors, 0, 100},
              .metavar = "PERCENT",
              .help = "By how many percentage points the share of 5xx answers of a watched "
                      "release may be higher than before."},
    OptionRow{.name = "watch-slowdown",
              .group = Group::Deploys,
              .field = NumberField<int>{&Options::watch_slowdown, 0, 100'000},
              .metavar = "PERCENT",
              .help = "How long 99 % of the requests may take in a watched release, in percent of "
                      "the time before; 20 ms more are allowed in any case. 0 allows any time."},
    OptionRow{.name = "standby-timeout",
              .group = Group::Deploys,
              .field = DurationField{&Options::standby_timeout, milliseconds{0}, kLongest},
              .metavar = "TIME",
              .help = "How long the release that was live before stays loaded, so that a rollback "
                      "takes milliseconds."},
    OptionRow{.name = "state-dir",
              .group = Group::Deploys,
              .field = TextField{&Options::state_dir},
              .metavar = "DIRECTORY",
              .help = "Folder of this server alone, in which it keeps its releases.",
              .default_text = "below /run/appserverd, or the user's runtime directory"},
    OptionRow{.name = "keep-releases",
              .group = Group::Deploys,
              .field = NumberField<int>{&Options::keep_releases, 0, kMostKept},
              .metavar = "COUNT",
              .help = "Releases that are kept for a rollback; 0 keeps none."},
    OptionRow{.name = "fallback-release",
              .group = Group::Deploys,
              .field = FlagField{&Options::fallback_release},
              .help = "When the app cannot be started, serve the kept release that was live last "
                      "instead of giving up."},
    OptionRow{.name = "reload",
              .group = Group::Deploys,
              .field = FlagField{&Options::reload},
              .help = "For development: deploy the app whenever its file, or a library beside it, "
                      "was built anew. A build that fails leaves the one before it serving."},
    OptionRow{.name = "watch-dir",
              .group = Group::Deploys,
              .field = TextField{&Options::watch_dir},
              .metavar = "DIRECTORY",
              .help = "Deploy the newest complete *.so in this folder, and each one that is put "
                      "there later. Without an app, it is also what the server begins with.",
              .default_text = "none"},
};

}  // namespace

std::span<const OptionRow> deploy_rows() {
  return kRows;
}

}  // namespace appserver::config
