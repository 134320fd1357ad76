#pragma once

#include <string>

#include "base/clock.h"

namespace appserver::app {

// The answer of `appserverd check APP.so`.
struct CheckReport {
  int exit_code = 0;  // 0, or 4: the app does not load
  std::string text;   // for people, ends with a line feed: to stdout when 0, to stderr otherwise
};

// Loads the app in a throw-away child exactly as a zygote would, including its load hook, and
// reports what it is or why it does not load. Nothing that the app does to its process (crash,
// hang, exit, corruption) reaches the caller. What the app prints goes where the caller's output
// goes. Blocks until the child is gone, at most `timeout`.
// Requires: a process with one thread that reaps no children elsewhere: the command line. [check]
[[nodiscard]] CheckReport check_app(const std::string& path, Duration timeout,
                                    const std::string& server_version);

}  // namespace appserver::app
