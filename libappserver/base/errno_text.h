#pragma once

#include <string>

namespace appserver {

// Says errno for people and for search engines: "Address already in use (EADDRINUSE)". [any]
[[nodiscard]] std::string errno_text(int error);

}  // namespace appserver
