#include "incoming_file.h"

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <utility>

#include "file_name.h"
#include "storage_error.h"

namespace upload {
namespace {

constexpr mode_t kMode = 0640;

int begin_file(int folder) {
  const int fd = ::openat(folder, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, kMode);
  if (fd < 0) {
    throw StorageError(errno, "beginning a file");
  }
  return fd;
}

void sync_folder(int folder) {
  if (::fsync(folder) != 0) {
    throw StorageError(errno, "bringing the folder to the disk");
  }
}

}  // namespace

IncomingFile::IncomingFile(int folder, std::string name)
    : folder_(folder), name_(std::move(name)), file_(begin_file(folder)) {
  if (::fsetxattr(file_.get(), kNameAttribute, name_.data(), name_.size(), XATTR_CREATE) != 0) {
    throw StorageError(errno, "keeping the name of a file as its attribute");
  }
}

void IncomingFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file_.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      throw StorageError(errno, "writing a file");
    }
    bytes.remove_prefix(static_cast<std::size_t>(count));
    size_ += static_cast<std::uint64_t>(count);
  }
}

void IncomingFile::store_as(const std::string& id) {
  make_durable();
  link_as(id);
  try {
    sync_folder(folder_);
  } catch (const StorageError&) {
    ::unlinkat(folder_, id.c_str(), 0);  // Nobody was told of it.
    throw;
  }
}

// A nameless file can only be given a name that is free: so it has one of its own for a moment. A
// worker that is killed in this moment leaves it there; prepare_folder() sweeps.
void IncomingFile::replace(const std::string& id) {
  make_durable();
  const std::string passing = kPassingPrefix + new_id();
  link_as(passing);
  if (::renameat(folder_, passing.c_str(), folder_, id.c_str()) != 0) {
    const int error = errno;
    ::unlinkat(folder_, passing.c_str(), 0);
    throw StorageError(error, "replacing a file");
  }
  sync_folder(folder_);
}

// Bytes first, then the name: a name on the disk never stands for less than the whole file.
void IncomingFile::make_durable() const {
  if (::fsync(file_.get()) != 0) {
    throw StorageError(errno, "bringing a file to the disk");
  }
}

// By way of /proc, as AT_EMPTY_PATH wants privileges.
void IncomingFile::link_as(const std::string& entry) const {
  const std::string self = "/proc/self/fd/" + std::to_string(file_.get());
  if (::linkat(AT_FDCWD, self.c_str(), folder_, entry.c_str(), AT_SYMLINK_FOLLOW) != 0) {
    throw StorageError(errno, "giving a file its name");
  }
}

}  // namespace upload
