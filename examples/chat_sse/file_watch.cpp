#include "file_watch.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <sys/inotify.h>
#include <unistd.h>
#include <utility>

namespace chat {

FileWatch::FileWatch(struct ev_loop* loop, const std::string& path, std::function<void()> changed)
    : loop_(loop), changed_(std::move(changed)), fd_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  if (fd_ < 0 || ::inotify_add_watch(fd_, path.c_str(), IN_MODIFY) < 0) {
    const int error = errno;
    if (fd_ >= 0) {
      ::close(fd_);
    }
    throw std::runtime_error(path + " cannot be watched: " + std::strerror(error));
  }
  ev_io_init(&watcher_, &FileWatch::on_event, fd_, EV_READ);
  watcher_.data = this;
  ev_io_start(loop_, &watcher_);
}

FileWatch::~FileWatch() {
  ev_io_stop(loop_, &watcher_);
  ::close(fd_);
}

// What the events say does not matter; they have to be taken before the file is read, so that a
// change during that is told again.
void FileWatch::on_event(struct ev_loop*, ev_io* watcher, int) noexcept {
  const FileWatch& self = *static_cast<const FileWatch*>(watcher->data);
  std::array<char, 4096> events;
  while (::read(self.fd_, events.data(), events.size()) > 0) {
  }
  self.changed_();
}

}  // namespace chat
