#include "observe/log_file.h"

#include <cerrno>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>
#include <utility>

#include "base/errno_text.h"

namespace appserver::observe {
namespace {

constexpr std::string_view kStandard = "-";

Result<UniqueFd> open_path(const std::string& path) {
  // O_NONBLOCK means nothing for a file. With a FIFO it keeps open(2) from waiting for a reader,
  // and later a write from waiting for a slow one; the flag is ours alone, as we made the
  // description.
  constexpr int kFlags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  // Logs name clients and their requests: no business of everybody on the machine.
  constexpr mode_t kMode = 0640;
  UniqueFd file(::open(path.c_str(), kFlags, kMode));
  if (!file.is_open()) {
    const int why = errno;
    const char* advice = why == ENXIO ? " (a FIFO needs a reader first)" : "";
    return failure("cannot open the log file " + path + ": " + errno_text(why) + advice);
  }
  return file;
}

}  // namespace

LogFile::LogFile(std::string name, int standard_fd, UniqueFd file)
    : name_(std::move(name)), standard_fd_(standard_fd), file_(std::move(file)) {}

Result<LogFile> LogFile::open(std::string name, int standard_fd) {
  if (name == kStandard) {
    return LogFile(std::move(name), standard_fd, UniqueFd());
  }
  auto file = open_path(name);
  if (!file) {
    return failure(std::move(file).error());
  }
  return LogFile(std::move(name), standard_fd, std::move(file).value());
}

Result<UniqueFd> LogFile::open_again() const {
  if (!is_standard()) {
    return open_path(name_);
  }
  UniqueFd duplicate(::fcntl(standard_fd_, F_DUPFD_CLOEXEC, 0));
  if (!duplicate.is_open()) {
    return failure("cannot duplicate descriptor " + std::to_string(standard_fd_) + ": " +
                   errno_text(errno));
  }
  return duplicate;
}

void LogFile::take_over(int new_fd) noexcept {
  if (is_standard()) {
    return;
  }
  // dup(2): EBUSY is a race with an open in another thread; both errors pass by themselves. With
  // two open descriptors there is no other.
  while (::dup3(new_fd, file_.get(), O_CLOEXEC) < 0 && (errno == EINTR || errno == EBUSY)) {
  }
}

}  // namespace appserver::observe
