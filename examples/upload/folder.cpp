#include "folder.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <set>
#include <stdexcept>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/types.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <utility>

#include "file_name.h"
#include "storage_error.h"

namespace upload {
namespace {

namespace fs = std::filesystem;

constexpr std::time_t kAbandoned = 60;  // seconds; living workers need microseconds

int open_folder(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) {
    throw StorageError(errno, "opening the folder " + path);
  }
  return fd;
}

// Calls `take` with the name of each entry.
template <typename Take>
void for_each_entry(const std::string& path, const Take& take) {
  std::error_code error;
  for (fs::directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
    take(at->path().filename().string());
  }
  if (error) {
    throw StorageError(error.value(), "reading the folder " + path);
  }
}

std::string name_of(int fd, const std::string& id) {
  std::array<char, 256> name;
  const ssize_t length = ::fgetxattr(fd, kNameAttribute, name.data(), name.size());
  return length < 0 ? id : std::string(name.data(), static_cast<std::size_t>(length));
}

const char* advice_for(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return "make the folder, or name another one in UPLOAD_DIR";
    case EACCES:
    case EPERM:
    case EROFS:
      return "let the server's user write there, or name another folder in UPLOAD_DIR";
    case EOPNOTSUPP:
    case EISDIR:
      return "its file system has no nameless files or no user attributes: use a folder on ext4, "
             "xfs, btrfs or a tmpfs of Linux 6.6";
    default:
      return "name another folder in UPLOAD_DIR";
  }
}

}  // namespace

void sweep_folder(const std::string& path, std::time_t now) {
  for_each_entry(path, [&path, now](const std::string& entry) {
    const std::string whole = path + "/" + entry;
    struct stat status {};
    if (entry.starts_with(kPassingPrefix) && ::lstat(whole.c_str(), &status) == 0 &&
        status.st_ctim.tv_sec + kAbandoned < now) {
      ::unlink(whole.c_str());
    }
  });
}

void prepare_folder(const std::string& path) {
  try {
    sweep_folder(path, std::time(nullptr));
    const Folder folder(path);
    const std::string unlisted = kPassingPrefix + new_id();
    folder.receive("a test", 0).store_as(unlisted);
    folder.remove(unlisted);
  } catch (const StorageError& error) {
    throw std::runtime_error(
        "uploads cannot be stored in " + path + ": " + error.what() + "; " +
        (error.is_full() ? "free space on its disk" : advice_for(error.code().value())));
  }
}

Folder::Folder(std::string path) : path_(std::move(path)), folder_(open_folder(path_)) {}

IncomingFile Folder::receive(std::string name, std::uint64_t expected) const {
  struct statvfs space {};
  if (::fstatvfs(folder_.get(), &space) != 0) {
    throw StorageError(errno, "asking for the room in " + path_);
  }
  if (expected / space.f_frsize >= space.f_bavail) {
    throw StorageError(ENOSPC, "beginning a file of " + std::to_string(expected) + " bytes");
  }
  return {folder_.get(), std::move(name)};
}

std::optional<StoredFile> Folder::find(const std::string& id) const {
  const Descriptor file(
      ::openat(folder_.get(), id.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (file.get() < 0 && (errno == ENOENT || errno == ELOOP)) {  // A link is none of ours.
    return std::nullopt;
  }
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) {
    throw StorageError(errno, "opening the file " + id);
  }
  if (!S_ISREG(status.st_mode)) {
    return std::nullopt;
  }
  return StoredFile{id, name_of(file.get(), id), static_cast<std::uint64_t>(status.st_size)};
}

bool Folder::remove(const std::string& id) const {
  if (::unlinkat(folder_.get(), id.c_str(), 0) != 0) {
    if (errno == ENOENT) {
      return false;
    }
    throw StorageError(errno, "removing the file " + id);
  }
  if (::fsync(folder_.get()) != 0) {
    throw StorageError(errno, "bringing the folder to the disk");
  }
  return true;
}

std::vector<StoredFile> Folder::list(std::string_view after, std::size_t most) const {
  // The folder has no order: its smallest names are found in one pass, however many there are.
  std::set<std::string> ids;
  for_each_entry(path_, [&](std::string entry) {
    if (is_id(entry) && entry > after && (ids.size() < most || entry < *ids.rbegin())) {
      ids.insert(std::move(entry));
      if (ids.size() > most) {
        ids.erase(std::prev(ids.end()));
      }
    }
  });
  std::vector<StoredFile> files;
  for (const std::string& id : ids) {
    if (std::optional<StoredFile> file = find(id)) {  // It may be gone by now.
      files.push_back(std::move(*file));
    }
  }
  return files;
}

}  // namespace upload
