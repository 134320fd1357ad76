#include <array>

#include "config/option_rows.h"

namespace appserver::config {
namespace {

using std::chrono::milliseconds;

// A worker that lives longer than this needs no limit.
constexpr std::uint64_t kMostRequests = 1'000'000'000'000;

constexpr std::array kRows{
    OptionRow{.name = "timeout",
              .flag = 't',
              .group = Group::Lifecycle,
              .field = DurationField{&Options::timeout, milliseconds{0}, kLongest},
              .metavar = "TIME",
              .help =
                  "Time for a handler to answer; then the client is answered 504, the log shows "
                  "where the handler was, and its worker is replaced. 0 allows any."},
    OptionRow{.name = "blocked-loop",
              .group = Group::Lifecycle,
              .field = DurationField{&Options::blocked_loop, milliseconds{0}, kLongest},
              .metavar = "TIME",
              .help =
                  "How long an app that uses the worker's event loop may hold it before the log "
                  "shows where, at most once a minute. 0 shows nothing."},
    OptionRow{.name = "boot-timeout",
              .group = Group::Lifecycle,
              .field = DurationField{&Options::boot_timeout, kShortest, kLongest},
              .metavar = "TIME",
              .help = "Time for loading the app and for starting a worker."},
    OptionRow{.name = "graceful-timeout",
              .group = Group::Lifecycle,
              .field = DurationField{&Options::graceful_timeout, kShortest, kLongest},
              .metavar = "TIME",
              .help = "Time for a leaving worker to finish its requests before it is ended."},
    OptionRow{.name = "drain-delay",
              .group = Group::Lifecycle,
              .field = DurationField{&Options::drain_delay, milliseconds{0}, kLongest},
              .metavar = "TIME",
              .help =
                  "How long to go on serving after SIGTERM while --ready-path says 503, so that "
                  "load balancers notice before the server stops."},
    OptionRow{.name = "max-requests",
              .group = Group::Lifecycle,
              .field = NumberField<std::uint64_t>{&Options::max_requests, 0, kMostRequests},
              .metavar = "COUNT",
              .help = "Requests after which a worker is replaced; 0 sets no limit."},
    OptionRow{.name = "max-requests-jitter",
              .group = Group::Lifecycle,
              .field = NumberField<std::uint64_t>{&Options::max_requests_jitter, 0, kMostRequests},
              .metavar = "COUNT",
              .help = "Up to so many requests, a random number for each worker, are added to "
                      "--max-requests, so that workers are not replaced all at once."},
    OptionRow{.name = "max-lifetime",
              .group = Group::Lifecycle,
              .field = DurationField{&Options::max_lifetime, milliseconds{0}, kYear},
              .metavar = "TIME",
              .help = "Age at which a worker is replaced; 0 sets no limit."},
    OptionRow{.name = "max-memory",
              .group = Group::Lifecycle,
              .field = SizeField{&Options::max_memory, 0, kTebibyte},
              .metavar = "SIZE",
              .help =
                  "Private memory at which a worker is replaced; what it shares with others does "
                  "not count. 0 sets no limit."},
    OptionRow{.name = "on-crash",
              .group = Group::Lifecycle,
              .field = TextField{&Options::on_crash},
              .metavar = "COMMAND",
              .help = "Shell command to run when a worker crashes or hangs; it gets the report as "
                      "JSON on its standard input.",
              .default_text = "none"},
    OptionRow{.name = "on-crash-timeout",
              .group = Group::Lifecycle,
              .field = DurationField{&Options::on_crash_timeout, kShortest, kLongest},
              .metavar = "TIME",
              .help = "Time for the command of --on-crash; then it is killed."},
    OptionRow{.name = "crash-limit",
              .group = Group::Lifecycle,
              .field = NumberField<int>{&Options::crash_limit, 1, 1000},
              .metavar = "COUNT",
              .help = "Crashes of one method and route within --crash-window after which it is "
                      "reported as a request that kills workers."},
    OptionRow{.name = "crash-window",
              .group = Group::Lifecycle,
              .field = DurationField{&Options::crash_window, kShortest, kLongest},
              .metavar = "TIME",
              .help = "The time in which --crash-limit counts."},
    OptionRow{.name = "crash-cooldown",
              .group = Group::Lifecycle,
              .field = DurationField{&Options::crash_cooldown, milliseconds{0}, kLongest},
              .metavar = "TIME",
              .help = "How long requests that kill workers are answered 503 instead of being given "
                      "to the app; 0 goes on giving them."},
};

}  // namespace

std::span<const OptionRow> lifecycle_rows() {
  return kRows;
}

}  // namespace appserver::config
