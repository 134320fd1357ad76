#include "support/address.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/un.h>

namespace appserver::test {
namespace {

constexpr std::string_view kListening = "listening at ";
constexpr std::string_view kTcp = "http://127.0.0.1:";
constexpr std::string_view kUnix = "unix:";

void bind_to(const UniqueFd& socket, const std::string& own_address) {
  sockaddr_in own{};
  own.sin_family = AF_INET;
  if (::inet_pton(AF_INET, own_address.c_str(), &own.sin_addr) != 1 ||
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&own), sizeof own) != 0) {
    throw std::runtime_error("cannot connect from " + own_address);
  }
}

UniqueFd connect_socket(int family, const sockaddr* address, socklen_t size,
                        const std::string& from = {}) {
  UniqueFd socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.is_open()) {
    return socket;
  }
  if (!from.empty()) {
    bind_to(socket, from);
  }
  if (family == AF_INET) {
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  if (::connect(socket.get(), address, size) != 0 && errno != EINPROGRESS) {
    const int why = errno;
    socket.reset();
    errno = why;
  }
  return socket;
}

template <typename T>
const sockaddr* as_sockaddr(const T& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

}  // namespace

std::optional<Address> find_listening_address(std::string_view log) {
  const std::size_t found = log.find(kListening);
  if (found == log.npos) {
    return std::nullopt;
  }
  const std::string_view rest = log.substr(found + kListening.size());
  const std::size_t end = rest.find_first_of(" ,\"\n");
  if (end == rest.npos) {
    return std::nullopt;
  }
  const std::string_view name = rest.substr(0, end);
  if (name.starts_with(kTcp)) {
    return Address{.port = std::atoi(std::string(name.substr(kTcp.size())).c_str())};
  }
  if (name.starts_with(kUnix)) {
    return Address{.unix_path = std::string(name.substr(kUnix.size()))};
  }
  throw std::runtime_error("the log names an address of unknown form: " + std::string(name));
}

UniqueFd start_connecting(const Address& address) {
  if (address.unix_path.empty()) {
    sockaddr_in tcp{};
    tcp.sin_family = AF_INET;
    tcp.sin_port = ::htons(static_cast<std::uint16_t>(address.port));
    tcp.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    return connect_socket(AF_INET, as_sockaddr(tcp), sizeof tcp, address.from);
  }
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  if (address.unix_path.size() >= sizeof local.sun_path) {
    throw std::runtime_error("too long for a unix socket: " + address.unix_path);
  }
  std::copy(address.unix_path.begin(), address.unix_path.end(), local.sun_path);
  return connect_socket(AF_UNIX, as_sockaddr(local), sizeof local);
}

bool accepts_connections(const Address& address) {
  const UniqueFd socket = start_connecting(address);
  if (!socket.is_open()) {
    return false;
  }
  pollfd wanted{.fd = socket.get(), .events = POLLOUT, .revents = 0};
  ::poll(&wanted, 1, 1000);
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  return (wanted.revents & POLLOUT) != 0 && error == 0;
}

}  // namespace appserver::test
