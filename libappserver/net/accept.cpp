#include "net/accept.h"

#include <cerrno>
#include <sys/socket.h>

namespace appserver::net {
namespace {

// Whether accept(2) reports a fault of the one connection, after which the next one can be tried:
// an abort by the client, or a network error that was pending on the new socket ("Error handling"
// in the page).
bool concerns_one_connection(int error) {
  switch (error) {
    case ECONNABORTED:
    case EINTR:
    case EPERM:
    case EPROTO:
    case ENOPROTOOPT:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENONET:
      return true;
    default:
      return false;
  }
}

// Of a unix socket the kernel says which process connected, and whose it is.
PeerAddress peer_of(int fd, const sockaddr_storage& address) noexcept {
  ucred who{};
  socklen_t size = sizeof who;
  if (address.ss_family == AF_INET || address.ss_family == AF_INET6 ||
      ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) {
    return PeerAddress(address);
  }
  return PeerAddress::local(who.uid, who.pid);
}

}  // namespace

Result<AcceptedSocket, int> accept_connection(int listener_fd) noexcept {
  while (true) {
    sockaddr_storage address;
    address.ss_family = AF_UNSPEC;  // A unix client without a name leaves it as it is.
    socklen_t size = sizeof address;
    const int fd = ::accept4(listener_fd, reinterpret_cast<sockaddr*>(&address), &size,
                             SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      return AcceptedSocket{UniqueFd(fd), peer_of(fd, address)};
    }
    if (!concerns_one_connection(errno)) {
      return failure(int{errno});
    }
  }
}

}  // namespace appserver::net
