#pragma once

#include "base/result.h"
#include "base/unique_fd.h"
#include "net/peer_address.h"

namespace appserver::net {

struct AcceptedSocket {
  UniqueFd fd;  // Non-blocking, close-on-exec.
  PeerAddress peer;
};

// Takes one connection from the queue of a listening socket.
// Errors: errno; EAGAIN when the queue is empty, EMFILE and its kin when this process or machine is
// out of descriptors. Failures that belong to the one connection (ECONNABORTED and others,
// accept(2)) are skipped.
[[nodiscard]] Result<AcceptedSocket, int> accept_connection(int listener_fd) noexcept;

}  // namespace appserver::net
