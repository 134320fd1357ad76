#include "worker/spool.h"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

#include "base/errno_text.h"

namespace appserver::worker {
namespace {

// O_TMPFILE never has a name; file systems without it (open(2)) get one for a moment.
UniqueFd open_nameless(const std::string& folder) {
  UniqueFd file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!file.is_open() && (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT)) {
    std::string name = folder + "/appserverd-body-XXXXXX";
    file.reset(::mkostemp(name.data(), O_CLOEXEC));
    if (file.is_open()) {
      ::unlink(name.c_str());
    }
  }
  return file;
}

}  // namespace

Result<Spool> Spool::open() {
  const char* chosen = std::getenv("TMPDIR");
  const std::string folder = chosen != nullptr && *chosen != '\0' ? chosen : "/tmp";
  UniqueFd file = open_nameless(folder);
  if (!file.is_open()) {
    return failure("cannot make a file for a request body in " + folder + ": " + errno_text(errno) +
                   "; set TMPDIR to a folder that the app's user can write to");
  }
  return Spool(std::move(file));
}

Spool::Spool(Spool&& other) noexcept
    : file_(std::move(other.file_)),
      mapping_(std::exchange(other.mapping_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

Spool::~Spool() {
  if (mapping_ != nullptr) {
    ::munmap(mapping_, size_);
  }
}

Result<Ok> Spool::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_.get(), bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) {
      return failure("cannot store a request body: " + errno_text(errno));
    }
    if (written > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
      size_ += static_cast<std::size_t>(written);
    }
  }
  return ok();
}

Result<Ok> Spool::close() {
  void* mapping = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file_.get(), 0);
  if (mapping == MAP_FAILED) {
    return failure("cannot map a request body: " + errno_text(errno));
  }
  mapping_ = static_cast<char*>(mapping);
  return ok();
}

}  // namespace appserver::worker
