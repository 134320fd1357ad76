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

  friend bool operator==(const ListenOptions&, const ListenOptions&) = default;
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

  // A listening socket that others hold as well, such as one that a service manager passed. Neither
  // its file nor whether it listens is ours to change: only our descriptors of it are closed.
  [[nodiscard]] static Listener share(UniqueFd fd);

  // What a master knows of a socket beside its descriptor.
  struct Facts {
    std::string display;
    std::string socket_file = {};  // Of a unix socket, removed in the end; empty for others.
    ListenOptions options = {};
    bool is_shared = false;
  };
  // A socket that was opened by the master whose place this process takes. [master]
  [[nodiscard]] static Listener resume(UniqueFd fd, Facts facts) {
    return {std::move(fd), std::move(facts)};
  }

  Listener(Listener&&) noexcept = default;
  Listener& operator=(Listener&&) noexcept = default;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() = default;

  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  // As a client would write it: "http://127.0.0.1:8000" with the port that was chosen,
  // "unix:/run/x.sock".
  [[nodiscard]] const std::string& display() const noexcept { return facts_.display; }
  [[nodiscard]] const Facts& facts() const noexcept { return facts_; }

  // Follows other options while it goes on listening: the backlog, and the file's mode and owner.
  // Nothing of a shared socket changes. Errors: what could not be followed, and why. [master]
  [[nodiscard]] Result<Ok> adjust(const ListenOptions& options);

  // Removes the file of a unix socket; does nothing for other sockets. [master] When the server
  // stops.
  void remove_socket_file() noexcept;

  // The socket is given up: nobody new gets into its queue, and those in it stay; see
  // closing_door.h. Its file is removed. A shared socket stays as it is.
  // Returns: whether handshakes may still be under way, whose clients will come into the queue.
  // [master]
  bool shut_door() noexcept;
  // Ends what all processes hold of the socket: its address is free, whoever is left in the queue
  // is reset. accept(2) is EINVAL in workers that still have it. A shared socket stays as it is.
  // [master]
  void end_listening() noexcept;

 private:
  Listener(UniqueFd fd, Facts facts) : fd_(std::move(fd)), facts_(std::move(facts)) {}

  static Result<Listener> open_tcp(const TcpAddress& address, const ListenOptions& options);
  static Result<Listener> open_unix(const UnixAddress& address, const ListenOptions& options);
  static Result<Listener> adopt(const InheritedSocket& socket, int backlog);

  UniqueFd fd_;
  Facts facts_;
};

// What the kernel really grants for `backlog`: listen(2) cuts it silently to net.core.somaxconn.
[[nodiscard]] int effective_backlog(int backlog);

}  // namespace appserver::net
