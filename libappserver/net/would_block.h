#pragma once

#include <cerrno>

namespace appserver::net {

// Whether the call on a non-blocking socket that just failed is to be tried again when the socket
// is ready, as opposed to a connection that is broken. Reads errno. [any]
[[nodiscard]] inline bool would_block() noexcept {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

}  // namespace appserver::net
