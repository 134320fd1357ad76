#pragma once

#include <array>
#include <cstddef>
#include <fcntl.h>

#include "base/unique_fd.h"

namespace appserver {

// Descriptors that are held only to be given up when room is needed for others. recvmsg(2) needs
// it: a descriptor that comes with a message and finds no room (RLIMIT_NOFILE) is closed by the
// kernel, and nobody can ask again. Another thread of the process that opens descriptors in that
// very moment can still take the room. [worker] Single-threaded.
template <std::size_t count>
class SpareDescriptors {
 public:
  // Begins without any. They are copies of `fd`, which is any open descriptor.
  explicit SpareDescriptors(int fd) noexcept : fd_(fd) {}

  // Returns: whether all of them are held now. False: the process has no room for them.
  [[nodiscard]] bool take() noexcept {
    for (UniqueFd& spare : spares_) {
      if (!spare.is_open()) {
        spare.reset(::fcntl(fd_, F_DUPFD_CLOEXEC, 0));
      }
      if (!spare.is_open()) {
        return false;
      }
    }
    return true;
  }

  // Makes room for as many others.
  void give_up() noexcept { spares_ = {}; }

 private:
  int fd_;
  std::array<UniqueFd, count> spares_;
};

}  // namespace appserver
