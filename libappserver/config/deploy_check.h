#pragma once

#include <string>
#include <vector>

#include "config/options.h"

namespace appserver::config {

// The checks as TOML that is read back as the same ones; each begins with an empty line. [any]
[[nodiscard]] std::string toml_of(const std::vector<DeployCheck>& checks);

}  // namespace appserver::config
