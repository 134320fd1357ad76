#pragma once

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace appserver::net {

// Connects to a unix socket, blocking, close-on-exec; unix(7).
// Errors: errno of socket(2) or connect(2); ENAMETOOLONG for a path of more than 107 bytes. [any]
[[nodiscard]] Result<UniqueFd, int> connect_local(const std::string& path);

}  // namespace appserver::net
