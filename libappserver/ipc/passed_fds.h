#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <sys/socket.h>
#include <vector>

#include "base/unique_fd.h"

// Descriptors that travel with a message over a unix socket: SCM_RIGHTS of unix(7), cmsg(3).
namespace appserver::ipc {

// Room for the control message of up to `Most` descriptors, aligned as cmsg(3) demands.
template <std::size_t Most>
struct alignas(cmsghdr) PassedFds {
  std::array<char, CMSG_SPACE(sizeof(int) * Most)> bytes;
};

// Makes `message` carry `fds`, which the peer gets duplicates of; none is fine. Async-signal-safe.
// Requires: `room` has space for them and outlives the sending.
void attach_fds(msghdr& message, std::span<char> room, std::span<const int> fds) noexcept;

// Takes the descriptors that came with a received message.
[[nodiscard]] std::vector<UniqueFd> take_fds(msghdr& message);

}  // namespace appserver::ipc
