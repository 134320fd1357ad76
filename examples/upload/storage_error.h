#pragma once

#include <cerrno>
#include <string>
#include <system_error>

namespace upload {

// The folder does not take or give a file; what() says which step failed, and why.
class StorageError : public std::system_error {
 public:
  // `code` is an errno.
  StorageError(int code, const std::string& step)
      : std::system_error(code, std::generic_category(), step) {}

  // There is no room: on the disk, or left in a quota.
  [[nodiscard]] bool is_full() const noexcept {
    return code().value() == ENOSPC || code().value() == EDQUOT;
  }
};

}  // namespace upload
