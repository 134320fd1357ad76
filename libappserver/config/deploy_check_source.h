#pragma once

#include <vector>

#include "base/result.h"
#include "config/deploy_check.h"
#include "config/toml_node.h"

namespace appserver::config {

// Reads the table `deploy` of a TOML file: its list `check`.
// Errors: the first one in the file, with file and line: unknown keys with the nearest known one,
// wrong types, values out of bounds, patterns that are none. [any]
[[nodiscard]] Result<std::vector<DeployCheck>, ErrorAtLine> read_deploy_checks(
    const toml::table& deploy, const std::string& file);

}  // namespace appserver::config
