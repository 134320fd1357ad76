#pragma once

#include <string>

#include "config/options.h"

// The texts that the general options print. Pure. [any] Each ends with a newline.
namespace appserver::config {

// --help: usage, the options by group with their defaults, and examples; at most 80 columns.
// `defaults` has the values of this machine, such as the computed number of workers.
[[nodiscard]] std::string help_text(const Options& defaults);

// --version.
[[nodiscard]] std::string version_text();

// --print-config: every option as TOML that --config reads back to the same Options.
[[nodiscard]] std::string config_text(const Options& options);

}  // namespace appserver::config
