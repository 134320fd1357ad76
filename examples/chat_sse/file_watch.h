#pragma once

#include <functional>
#include <string>

#include <ev.h>

namespace chat {

// Says when a file was written to, by this process or another one (inotify(7)), on a loop of libev.
// [worker]
class FileWatch {
 public:
  // Requires: the loop outlives it, and `changed` throws nothing. Errors: throws std::runtime_error
  // when the file cannot be watched.
  FileWatch(struct ev_loop* loop, const std::string& path, std::function<void()> changed);
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;
  ~FileWatch();

 private:
  static void on_event(struct ev_loop* loop, ev_io* watcher, int events) noexcept;

  struct ev_loop* loop_;
  const std::function<void()> changed_;
  int fd_;
  ev_io watcher_{};
};

}  // namespace chat
