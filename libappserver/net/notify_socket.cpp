#include "net/notify_socket.h"

#include <cerrno>
#include <cstddef>
#include <sys/socket.h>
#include <sys/un.h>
#include <utility>

#include "base/errno_text.h"

namespace appserver::net {

Result<NotifySocket> NotifySocket::to(std::string address) {
  if (address.size() < 2 || (address[0] != '/' && address[0] != '@') ||
      address.size() > sizeof(sockaddr_un::sun_path) - 1) {
    return failure("NOTIFY_SOCKET is '" + address +
                   "', which is neither an absolute path nor @ and an abstract name");
  }
  UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.is_open()) {
    return failure("cannot open a socket to the service manager: " + errno_text(errno));
  }
  return NotifySocket(std::move(fd), std::move(address));
}

// Not connected: a service manager that restarts makes its socket anew.
NotifySocket::Progress NotifySocket::send(std::string_view message) const noexcept {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  address_.copy(name.sun_path, sizeof name.sun_path - 1);
  std::size_t size = offsetof(sockaddr_un, sun_path) + address_.size();
  if (address_[0] == '@') {
    name.sun_path[0] = '\0';  // All bytes of an abstract name count, so none may follow (unix(7)).
  } else {
    ++size;
  }
  while (::sendto(fd_.get(), message.data(), message.size(), MSG_NOSIGNAL,
                  reinterpret_cast<const sockaddr*>(&name), static_cast<socklen_t>(size)) < 0) {
    if (errno != EINTR) {
      return errno == EAGAIN || errno == ENOBUFS ? Progress::Full : Progress::Failed;
    }
  }
  return Progress::Sent;
}

}  // namespace appserver::net
