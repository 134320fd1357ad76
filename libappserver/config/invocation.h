#pragma once

#include <span>
#include <string>

#include "base/result.h"
#include "config/environment.h"
#include "config/options.h"

namespace appserver::config {

// What one start of the program is asked to do.
struct Invocation {
  enum class Mode {
    Serve,        // Serve the apps; there is one at least, or a folder of releases.
    Check,        // Load them, say whether they can be served, and exit.
    New,          // Write the project `text`, a name that nobody has checked, and exit.
    CheckConfig,  // The options are fine as far as this room can tell; there may be no app.
    PrintText,    // Print `text` to standard output and exit with 0.
  };
  Mode mode = Mode::Serve;
  Options options;
  // What --help, --version or --print-config print; for CheckConfig what to print if nothing else
  // is wrong. Ends with a newline, or is empty. For New the name.
  std::string text;
  std::string config_file;  // The TOML file that was read, as it was named; empty if none.
};

// Reads all sources: command line over environment over TOML file over defaults. [any]
// Prints nothing, changes nothing, and may be called again with the same inputs, which reads the
// TOML file anew (HUP).
// Requires: `arguments` is argv with the program's name in front. Before the process renames itself
// in argv, copy the texts for later calls: it overwrites them.
// Errors: one line for standard error, without a newline; the program then exits with 1.
[[nodiscard]] Result<Invocation> read_invocation(std::span<const char* const> arguments,
                                                 const Environment& environment);

}  // namespace appserver::config
