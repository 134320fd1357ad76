// How a listening socket is given up without losing a client that had connected.
#include <array>
#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <doctest/doctest.h>

#include "net/accept.h"
#include "net/listener.h"
#include "support/temporary_folder.h"

namespace appserver::net {
namespace {

Listener listen_on(std::string_view text) {
  auto listener = Listener::open(*parse_bind_address(text), {.backlog = 16});
  REQUIRE_MESSAGE(listener.has_value(), listener.error().message);
  return std::move(*listener);
}

struct Client {
  UniqueFd fd;
  int error;  // Of connect(2); EINPROGRESS: nobody answers yet.
};

Client connect_to(const Listener& listener) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  REQUIRE(::getsockname(listener.fd(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  Client client{
      UniqueFd(::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)), 0};
  if (::connect(client.fd.get(), reinterpret_cast<sockaddr*>(&address), size) != 0) {
    client.error = errno;
  }
  return client;
}

// On the loopback device a handshake is over before connect(2) returns, whether it says so or not.
bool is_connected(const Client& client) {
  pollfd wanted{.fd = client.fd.get(), .events = POLLOUT, .revents = 0};
  return ::poll(&wanted, 1, 0) == 1 && (wanted.revents & (POLLERR | POLLHUP)) == 0;
}

void check_speaks(const Client& client, const UniqueFd& accepted) {
  std::array<char, 8> bytes{};
  REQUIRE(::send(client.fd.get(), "ping", 4, MSG_NOSIGNAL) == 4);
  CHECK(::recv(accepted.get(), bytes.data(), bytes.size(), 0) == 4);
  REQUIRE(::send(accepted.get(), "answer", 6, MSG_NOSIGNAL) == 6);
  CHECK(::recv(client.fd.get(), bytes.data(), bytes.size(), 0) == 6);
}

TEST_CASE("Listener: behind a shut TCP door the queue is there, and nobody else comes in") {
  for (const char* address : {"127.0.0.1:0", "[::1]:0"}) {
    Listener listener = listen_on(address);
    const Client early = connect_to(listener);
    REQUIRE(is_connected(early));
    CHECK(listener.shut_door());
    const Client late = connect_to(listener);
    CHECK(late.error == EINPROGRESS);
    CHECK_FALSE(is_connected(late));
    const auto accepted = accept_connection(listener.fd());
    REQUIRE(accepted.has_value());
    check_speaks(early, accepted->fd);
    CHECK(accept_connection(listener.fd()).error() == EAGAIN);
    CHECK_FALSE(is_connected(late));
  }
}

TEST_CASE("Listener: behind a shut unix door the queue is there, and others are refused at once") {
  const test::TemporaryFolder folder;
  const std::string path = folder / "app.sock";
  Listener listener = listen_on("unix:" + path);
  const Client early = connect_to(listener);
  REQUIRE(is_connected(early));
  CHECK_FALSE(listener.shut_door());
  struct stat status {};
  CHECK(::lstat(path.c_str(), &status) != 0);
  const auto accepted = accept_connection(listener.fd());
  REQUIRE(accepted.has_value());
  check_speaks(early, accepted->fd);
  CHECK(accept_connection(listener.fd()).error() == EAGAIN);
}

TEST_CASE("Listener: a shut abstract door refuses") {
  const test::TemporaryFolder folder;
  Listener listener = listen_on("unix:@" + folder.path().filename().string());
  listener.shut_door();
  const Client late = connect_to(listener);
  CHECK(late.error == ECONNREFUSED);
}

TEST_CASE("Listener: after the end the address is free, though others still hold the socket") {
  Listener listener = listen_on("127.0.0.1:0");
  const UniqueFd of_a_worker(::fcntl(listener.fd(), F_DUPFD_CLOEXEC, 0));
  const std::string address = listener.display().substr(std::string("http://").size());
  listener.shut_door();
  listener.end_listening();
  CHECK(accept_connection(of_a_worker.get()).error() == EINVAL);
  const Listener next = listen_on(address);
  const Client client = connect_to(next);
  CHECK(is_connected(client));
}

}  // namespace
}  // namespace appserver::net
