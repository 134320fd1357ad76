#pragma once

#include <optional>
#include <string_view>
#include <sys/types.h>

#include "base/result.h"

namespace appserver::net {

// Who may connect to a unix socket: connect(2) asks for write permission on its file. Absent parts
// stay as the system makes them: the mode by the umask, the owner by this process.
struct SocketAccess {
  std::optional<mode_t> mode = std::nullopt;
  std::optional<uid_t> user = std::nullopt;
  std::optional<gid_t> group = std::nullopt;

  friend bool operator==(const SocketAccess&, const SocketAccess&) = default;
};

// Understands `USER`, `USER:GROUP` and `:GROUP`, names or numbers; USER alone brings the user's
// own group along. An empty text leaves both as they are.
// Errors: a name that does not exist, or a text of another form. [master] Looks names up.
[[nodiscard]] Result<SocketAccess> parse_socket_owner(std::string_view text);

// Gives the socket file at `path` its owner. A path that leads to anything but a socket is not
// touched, so that whoever can write in the folder cannot have another file given away.
// Requires: nobody listens on it yet. Errors: errno_text and what to do. [master]
[[nodiscard]] Result<Ok> apply_owner(const char* path, const SocketAccess& access);

// The same for its mode, of a socket that may be listened on already. An absent mode changes
// nothing. Errors: as above. [master]
[[nodiscard]] Result<Ok> apply_mode(const char* path, std::optional<mode_t> mode);

}  // namespace appserver::net
