#include "net/closing_door.h"

#include <cerrno>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "base/unique_fd.h"

namespace appserver::net {
namespace {

// A listening socket of either kind, and clients of it in the same process: on this machine a
// connection that can be made is made at once.
struct Door {
  explicit Door(int family) : fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    auto* name = reinterpret_cast<sockaddr*>(&address);
    name->sa_family = static_cast<sa_family_t>(family);
    if (family == AF_INET) {
      reinterpret_cast<sockaddr_in*>(&address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      size = sizeof(sockaddr_in);
    } else {
      size = sizeof(sa_family_t);  // The kernel chooses an abstract name, unix(7).
    }
    REQUIRE(::bind(fd.get(), name, size) == 0);
    REQUIRE(::listen(fd.get(), 16) == 0);
    size = sizeof address;
    REQUIRE(::getsockname(fd.get(), name, &size) == 0);
  }

  // Returns: the client's socket; closed when it was refused or not let in at once.
  UniqueFd connect() const {
    UniqueFd client(::socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0 &&
        errno != EINPROGRESS) {
      return {};
    }
    pollfd wanted{client.get(), POLLOUT, 0};
    return ::poll(&wanted, 1, 0) == 1 ? std::move(client) : UniqueFd();
  }
  UniqueFd accept() const { return UniqueFd(::accept4(fd.get(), nullptr, nullptr, SOCK_CLOEXEC)); }

  UniqueFd fd;
  sockaddr_storage address{};
  socklen_t size = 0;
};

TEST_CASE("turn_newcomers_away: who is in the queue is accepted, and nobody comes after them") {
  for (const int family : {AF_INET, AF_UNIX}) {
    CAPTURE(family);
    const Door door(family);
    const UniqueFd first = door.connect();
    const UniqueFd second = door.connect();
    REQUIRE(second.is_open());
    turn_newcomers_away(door.fd.get());
    CHECK_FALSE(door.connect().is_open());
    const UniqueFd accepted = door.accept();
    REQUIRE(accepted.is_open());
    REQUIRE(::send(first.get(), "hello", 5, MSG_NOSIGNAL) == 5);
    std::string bytes(5, ' ');
    CHECK(::recv(accepted.get(), bytes.data(), bytes.size(), 0) == 5);
    CHECK(bytes == "hello");
    CHECK(door.accept().is_open());
    CHECK_FALSE(door.accept().is_open());
    CHECK_FALSE(door.connect().is_open());
  }
}

}  // namespace
}  // namespace appserver::net
