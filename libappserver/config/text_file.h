#pragma once

#include <string>

#include "base/result.h"

namespace appserver::config {

// The whole content of a small file; a terminal or pipe works too. [any] Blocks on a pipe.
// Errors: "cannot read PATH: reason"; files over one mebibyte are refused, so that a wrong path
// (a log, /dev/zero) cannot fill the memory.
[[nodiscard]] Result<std::string> read_text_file(const std::string& path);

}  // namespace appserver::config
