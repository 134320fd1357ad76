#include "app/private_copy.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <string_view>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "app/elf_file.h"
#include "base/errno_text.h"

namespace appserver::app {
namespace {

using Kind = LoadError::Kind;

// Enough for a file that is being replaced right now; a linker at work takes longer, and the master
// must not wait for it.
constexpr int kAttempts = 4;

Failure<LoadError> refuse(Kind kind, std::string message) {
  return {LoadError{kind, std::move(message)}};
}

Failure<LoadError> no_snapshot(const std::string& path, std::string_view step, int error) {
  return refuse(Kind::SnapshotFailed, "cannot take a snapshot of " + path + ": " +
                                          std::string(step) + " failed: " + errno_text(error) +
                                          ": check the limits on memory and open files");
}

Failure<LoadError> cannot_open(const std::string& path, int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return refuse(Kind::NoSuchFile, path + ": no such file: check the path of the app");
    case ENXIO:
    case ENODEV:
      return refuse(Kind::NotAFile, path +
                                        " is not a regular file: give the path of the app's "
                                        "shared object (.so)");
    case EMFILE:
    case ENFILE:
      return no_snapshot(path, "open", error);
    default:
      return refuse(Kind::Unreadable, "cannot read " + path + ": " + errno_text(error) +
                                          ": the user that starts the server (uid " +
                                          std::to_string(::geteuid()) +
                                          ") must be able to read it");
  }
}

std::string_view file_type(mode_t mode) {
  if (S_ISDIR(mode)) {
    return "a directory";
  }
  if (S_ISFIFO(mode)) {
    return "a FIFO";
  }
  return "a device or socket";
}

Result<UniqueFd, LoadError> open_regular_file(const std::string& path) {
  // O_NONBLOCK, because to open a FIFO that nobody writes to would wait for ever.
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd.is_open()) {
    return cannot_open(path, errno);
  }
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) {
    return cannot_open(path, errno);
  }
  if (!S_ISREG(status.st_mode)) {
    return refuse(Kind::NotAFile, path + " is " + std::string(file_type(status.st_mode)) +
                                      ": give the path of the app's shared object (.so)");
  }
  return fd;
}

// Spares us the copy of a file that cannot be an app.
Result<Ok, LoadError> check_first_bytes(int fd, const std::string& path) {
  std::array<std::byte, kElfIdentitySize> first{};
  const ssize_t size = ::pread(fd, first.data(), first.size(), 0);
  if (size < 0) {
    return cannot_open(path, errno);
  }
  const auto identity =
      identify_elf(std::span<const std::byte>(first.data(), static_cast<std::size_t>(size)), path);
  if (!identity) {
    return failure(identity.error());
  }
  return require_shared_object(*identity, path);
}

// A name that people recognise in /proc/PID/maps. memfd_create(2) takes at most 249 bytes.
std::string memory_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1).substr(0, 200);
}

UniqueFd create_memory(const std::string& path) {
  // Nobody executes the copy as a program; mapping it executable, as the dynamic linker does, is
  // allowed in spite of MFD_NOEXEC_SEAL. With it we need no exception from
  // sysctl vm.memfd_noexec. Kernels before 6.3 do not know the flag.
  constexpr unsigned kNoExecSeal = 0x0008U;
  constexpr unsigned kFlags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  const std::string name = memory_name(path);
  UniqueFd fd(::memfd_create(name.c_str(), kFlags | kNoExecSeal));
  if (!fd.is_open() && errno == EINVAL) {
    fd.reset(::memfd_create(name.c_str(), kFlags));
  }
  return fd;
}

bool write_all(int fd, const char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t written = ::write(fd, bytes, size);
    if (written < 0 && errno != EINTR) {
      return false;
    }
    if (written > 0) {
      bytes += written;
      size -= static_cast<std::size_t>(written);
    }
  }
  return true;
}

// http://www.isthe.com/chongo/tech/comp/fnv/ — FNV-1a with 64 bits.
std::uint64_t fnv1a(std::uint64_t hash, const char* bytes, std::size_t size) {
  constexpr std::uint64_t kPrime = 0x100000001b3;
  for (std::size_t i = 0; i < size; ++i) {
    hash = (hash ^ static_cast<unsigned char>(bytes[i])) * kPrime;
  }
  return hash;
}

Result<PrivateCopy, LoadError> copy_once(int file, const std::string& path) {
  constexpr std::size_t kChunk = std::size_t{256} * 1024;
  constexpr std::uint64_t kFnvOffset = 0xcbf29ce484222325;
  PrivateCopy copy{.fd = create_memory(path), .size = 0, .digest = kFnvOffset};
  if (!copy.fd.is_open()) {
    return no_snapshot(path, "memfd_create", errno);
  }
  std::vector<char> chunk(kChunk);
  for (;;) {
    const ssize_t got = ::pread(file, chunk.data(), chunk.size(), static_cast<off_t>(copy.size));
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return cannot_open(path, errno);
    }
    if (got == 0) {
      return copy;
    }
    const auto size = static_cast<std::size_t>(got);
    if (!write_all(copy.fd.get(), chunk.data(), size)) {
      return no_snapshot(path, "writing to memory", errno);
    }
    copy.digest = fnv1a(copy.digest, chunk.data(), size);
    copy.size += size;
  }
}

bool is_same_content(const struct stat& before, const struct stat& after) {
  const auto same_time = [](const timespec& a, const timespec& b) {
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
  };
  return before.st_size == after.st_size && same_time(before.st_mtim, after.st_mtim);
}

}  // namespace

Result<PrivateCopy, LoadError> make_private_copy(const std::string& path) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    // Opened anew each time: whoever replaces the file may do so with a rename.
    auto file = open_regular_file(path);
    if (!file) {
      return failure(std::move(file).error());
    }
    struct stat before {};
    struct stat after {};
    if (::fstat(file->get(), &before) != 0) {
      return cannot_open(path, errno);
    }
    if (auto usable = check_first_bytes(file->get(), path); !usable) {
      return failure(std::move(usable).error());
    }
    auto copy = copy_once(file->get(), path);
    if (!copy) {
      return copy;
    }
    if (::fstat(file->get(), &after) != 0) {
      return cannot_open(path, errno);
    }
    if (!is_same_content(before, after) ||
        copy->size != static_cast<std::uint64_t>(before.st_size)) {
      continue;
    }
    if (::fcntl(copy->fd.get(), F_ADD_SEALS,
                F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0) {
      return no_snapshot(path, "sealing the memory", errno);
    }
    return copy;
  }
  return refuse(Kind::ChangedWhileCopied,
                path +
                    " is being written to: try again when the build or copy is complete; put "
                    "new builds in place with a rename (mv), so that nobody sees half a file");
}

Result<MappedCopy, LoadError> MappedCopy::map(const PrivateCopy& copy, const std::string& path) {
  const auto size = static_cast<std::size_t>(copy.size);
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, copy.fd.get(), 0);
  if (address == MAP_FAILED) {
    return no_snapshot(path, "mmap", errno);
  }
  return MappedCopy(address, size);
}

MappedCopy::MappedCopy(MappedCopy&& other) noexcept
    : address_(std::exchange(other.address_, nullptr)), size_(other.size_) {}

MappedCopy::~MappedCopy() {
  if (address_ != nullptr) {
    ::munmap(address_, size_);
  }
}

std::span<const std::byte> MappedCopy::bytes() const noexcept {
  return {static_cast<const std::byte*>(address_), size_};
}

}  // namespace appserver::app
