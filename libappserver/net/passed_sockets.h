#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/service_variables.h"
#include "base/unique_fd.h"

namespace appserver::net {

// The listening sockets that a service manager opened and passed to this process, as
// sd_listen_fds(3) describes: LISTEN_FDS of them from descriptor 3 on, with the names in
// LISTEN_FDNAMES. They stay open as long as the master lives, whether they are served or not, so
// that a reload can leave one out and another one can take it in again; the service manager holds
// them as well. [master]
class PassedSockets {
 public:
  // SD_LISTEN_FDS_START.
  static constexpr int kFirst = 3;

  struct Socket {
    UniqueFd fd;
    std::string name;
  };

  PassedSockets() = default;
  // Those of the master whose place this process takes.
  explicit PassedSockets(std::vector<Socket> sockets) : sockets_(std::move(sockets)) {}

  // Takes over what `variables` promise to the process `self`, and makes it close-on-exec. Nothing,
  // when it is promised to another process or to none. `first` differs from kFirst in tests only.
  // Errors: a number that is none, a descriptor that is not open.
  [[nodiscard]] static Result<PassedSockets> take(const ServiceVariables& variables, long self,
                                                  int first = kFirst);

  [[nodiscard]] bool is_empty() const noexcept { return sockets_.empty(); }

  // All of them, as --bind would have to name them: "fd://3", "fd://4".
  [[nodiscard]] std::vector<std::string> binds() const;

  // The same list with every fd://NAME replaced by the sockets of that name, of which there may be
  // several: all of a .socket unit have one name. A number is always a descriptor.
  // Errors: no socket has the name; the text tells which there are.
  [[nodiscard]] Result<std::vector<std::string>> resolve(std::vector<std::string> binds) const;

  [[nodiscard]] bool has(int fd) const noexcept;
  // Another descriptor of the socket, close-on-exec.
  // Requires: has(fd). Errors: it is not a listening stream socket of IP or unix, such as one of a
  // unit with Accept=yes or ListenDatagram=.
  [[nodiscard]] Result<UniqueFd> share(int fd) const;

  [[nodiscard]] std::span<const Socket> sockets() const noexcept { return sockets_; }

 private:
  [[nodiscard]] std::string description() const;

  std::vector<Socket> sockets_;
};

}  // namespace appserver::net
