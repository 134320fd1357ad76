#pragma once

#include <string>

#include "base/result.h"

namespace appserver::app {

// The SHA-256 digest of a file's bytes from its start, as 64 hexadecimal digits. Does not move the
// file's offset. [master] Takes as long as reading it.
// Errors: errno_text of the read that failed.
[[nodiscard]] Result<std::string> sha256_of(int file);

}  // namespace appserver::app
