#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "app/load_error.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace appserver::app {

// The content of a file at one moment, in memory that nothing can change any more.
struct PrivateCopy {
  UniqueFd fd;  // a memfd, sealed against every change; close-on-exec
  std::uint64_t size = 0;
  std::uint64_t digest = 0;  // FNV-1a, 64 bit: tells builds apart, proves nothing to an attacker
};

// Copies the shared object at `path` into a sealed memfd. [master] [check child]
// A memfd instead of a file: nothing is left behind when the server is killed, and neither a full
// disk nor a directory mounted noexec (as /run is) is in the way. It costs its size in memory,
// once for all workers.
// Never blocks on a FIFO or device. A file that is written to during the copy is tried again a few
// times, at once.
// Returns NoSuchFile, Unreadable, NotAFile, an error of identify_elf() or require_shared_object(),
// ChangedWhileCopied or SnapshotFailed.
[[nodiscard]] Result<PrivateCopy, LoadError> make_private_copy(const std::string& path);

// The bytes of a copy, mapped for reading as long as this object lives.
class MappedCopy {
 public:
  // Returns SnapshotFailed. `path` only appears in the message.
  [[nodiscard]] static Result<MappedCopy, LoadError> map(const PrivateCopy& copy,
                                                         const std::string& path);
  MappedCopy(MappedCopy&& other) noexcept;
  MappedCopy& operator=(MappedCopy&&) = delete;
  MappedCopy(const MappedCopy&) = delete;
  MappedCopy& operator=(const MappedCopy&) = delete;
  ~MappedCopy();

  [[nodiscard]] std::span<const std::byte> bytes() const noexcept;

 private:
  MappedCopy(void* address, std::size_t size) noexcept : address_(address), size_(size) {}

  void* address_;  // null: moved from
  std::size_t size_;
};

}  // namespace appserver::app
