#pragma once

#include <array>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <unistd.h>

#include "base/unique_fd.h"

namespace appserver::test {

// The whole file; what was read so far, or nothing, when it cannot be read: files of /proc end so
// when their process does (for which std::ifstream may throw).
[[nodiscard]] inline std::string read_file(const std::filesystem::path& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string content;
  std::array<char, 16 * 1024> part;
  for (ssize_t got; (got = ::read(file.get(), part.data(), part.size())) > 0;) {
    content.append(part.data(), static_cast<std::size_t>(got));
  }
  return content;
}

}  // namespace appserver::test
