#pragma once

#include <string>

#include "base/result.h"

namespace appserver::ctl {

// The control socket of the server that is meant: `wanted` is its path (with a slash), or the
// server's name; empty for the only one that runs.
// `folder` has a folder for each server of this user: runtime_folder().
// Errors: none runs, or several: then with their names.
[[nodiscard]] Result<std::string> find_server(const std::string& wanted, const std::string& folder);

}  // namespace appserver::ctl
