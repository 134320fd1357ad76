#include <array>

#include "config/cpu_count.h"
#include "config/mount.h"
#include "config/option_rows.h"

namespace appserver::config {
namespace {

// More are no help for handlers that block; those can be asynchronous.
constexpr int kMostThreads = 1024;

constexpr std::array kRows{
    OptionRow{.name = "app",
              .group = Group::Processes,
              .field = TextField{&Options::app},
              .metavar = "APP.so",
              .help = "The app to serve: a shared object that exports an appserver app.",
              .default_text = "none",
              .positional = true},
    OptionRow{.name = "mount",
              .group = Group::Processes,
              .field = ListField{&Options::mounts, true, check_app_mount},
              .metavar = "[HOST]/[PATH]=APP.so",
              .help =
                  "App for the requests below a path, and for one host if that is given; may be "
                  "given several times, beside APP.so or instead of it. A TOML file can have "
                  "[[mount]] tables with path, host and app.",
              .default_text = "none"},
    OptionRow{.name = "workers",
              .flag = 'w',
              .group = Group::Processes,
              .field = NumberField<int>{&Options::workers, 1, kMostWorkers},
              .metavar = "COUNT",
              .help = "Worker processes.",
              .default_text = "the cgroup's CPU quota, else the cores"},
    OptionRow{.name = "threads",
              .group = Group::Processes,
              .field = NumberField<int>{&Options::threads, 0, kMostThreads},
              .metavar = "COUNT",
              .help =
                  "Threads of each worker on which handlers run at the same time; the app has to "
                  "be thread-safe then. 0: they run one at a time."},
    OptionRow{.name = "lazy",
              .group = Group::Processes,
              .field = FlagField{&Options::lazy},
              .help = "Load the app in every worker instead of once before they are forked; for "
                      "apps that start threads while loading."},
    OptionRow{.name = "reload-batch",
              .group = Group::Processes,
              .field = NumberField<int>{&Options::reload_batch, 1, kMostWorkers},
              .metavar = "COUNT",
              .help = "Workers that a reload replaces at the same time."},
};

}  // namespace

std::span<const OptionRow> process_rows() {
  return kRows;
}

}  // namespace appserver::config
