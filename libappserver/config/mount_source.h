#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "config/toml_node.h"

namespace appserver::config {

// Reads [[mount]] tables of a TOML file, each with `app` and any of `path` and `host`, into the
// form of --mount. [any]
// Errors: the first one in the file: unknown keys with the nearest known one, wrong types, a mount
// that is none.
[[nodiscard]] Result<std::vector<std::string>, ErrorAtLine> read_mounts(const toml::array& mounts,
                                                                        const std::string& file);

}  // namespace appserver::config
