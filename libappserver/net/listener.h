#pragma once

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "net/bind_address.h"
#include "net/socket_access.h"

namespace appserver::net {

struct ListenOptions {
  int backlog = 2048;
  // Of the files of unix sockets. Nothing else has an owner or a mode: an abstract name is open to
  // all of its network namespace.
  SocketAccess access = {};
};

// A listening socket: opened once by the master, inherited by all workers, closed only when the
// configuration drops it or the master ends. Non-blocking, close-on-exec.
class Listener {
 public:
  // Binds and listens. A unix socket that nobody answers on any more is replaced; one that is in
  // use is not touched; a new one never is more open than `options` say, not even for a moment. Of
  // a name with several addresses the first that can be bound is used.
  // Errors: what went wrong with which address, and what to do. [master] May look names up.
  [[nodiscard]] static Result<Listener> open(const BindAddress& address,
                                             const ListenOptions& options);

  // A socket that was opened by the master whose place this process takes, with what that one knew
  // of it. [master]
  [[nodiscard]] static Listener resume(UniqueFd fd, std::string display, std::string socket_file,
                                       bool is_inherited) {
    Listener listener(std::move(fd), std::move(display), std::move(socket_file));
    listener.is_inherited_ = is_inherited;
    return listener;
  }

  Listener(Listener&&) noexcept = default;
  Listener& operator=(Listener&&) noexcept = default;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() = default;

  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  // As a client would write it: "http://127.0.0.1:8000" with the port that was chosen,
  // "unix:/run/x.sock".
  [[nodiscard]] const std::string& display() const noexcept { return display_; }
  // The file of a unix socket that is removed in the end; empty for other sockets.
  [[nodiscard]] const std::string& socket_file() const noexcept { return socket_file_; }
  // Whether it belongs to somebody else as well: it was inherited.
  [[nodiscard]] bool is_inherited() const noexcept { return is_inherited_; }
  // The server stops: turns newcomers away, unless it is inherited, and closes this process's
  // descriptor. Others that have it serve the queue. [master]
  void close_door() noexcept;
  // Removes the file of a unix socket; does nothing for other sockets. [master] When the server
  // stops.
  void remove_socket_file() noexcept;

 private:
  Listener(UniqueFd fd, std::string display, std::string socket_file)
      : fd_(std::move(fd)), display_(std::move(display)), socket_file_(std::move(socket_file)) {}

  static Result<Listener> open_tcp(const TcpAddress& address, int backlog);
  static Result<Listener> open_unix(const UnixAddress& address, const ListenOptions& options);
  static Result<Listener> adopt(const InheritedSocket& socket, int backlog);

  UniqueFd fd_;
  std::string display_;
  std::string socket_file_;
  bool is_inherited_ = false;
};

// What the kernel really grants for `backlog`: listen(2) cuts it silently to net.core.somaxconn.
[[nodiscard]] int effective_backlog(int backlog);

}  // namespace appserver::net
