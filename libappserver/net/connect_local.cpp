#include "net/connect_local.h"

#include <cerrno>
#include <sys/socket.h>
#include <sys/un.h>

namespace appserver::net {

Result<UniqueFd, int> connect_local(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return failure(int{ENAMETOOLONG});
  }
  path.copy(address.sun_path, path.size());
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.is_open() ||
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return failure(int{errno});
  }
  return socket;
}

}  // namespace appserver::net
