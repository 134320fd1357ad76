#pragma once

#include <string>

namespace appserver::config {

// docs/CONFIGURATION.md: the option table as Markdown, and the rules that hold for all options.
// The same on every machine. [any] Pure.
[[nodiscard]] std::string configuration_reference();

}  // namespace appserver::config
