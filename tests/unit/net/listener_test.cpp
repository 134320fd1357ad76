#include "net/listener.h"

#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "net/accept.h"
#include "support/temporary_folder.h"

namespace appserver::net {
namespace {

Listener listen_on(std::string_view text) {
  auto listener = Listener::open(*parse_bind_address(text), 16);
  REQUIRE_MESSAGE(listener.has_value(), listener.error().message);
  return std::move(*listener);
}

std::string failure_of(std::string_view text) {
  const auto listener = Listener::open(*parse_bind_address(text), 16);
  REQUIRE_FALSE(listener.has_value());
  return listener.error().message;
}

bool exists(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

TEST_CASE("Listener: port 0 shows the port that was chosen") {
  const Listener listener = listen_on("127.0.0.1:0");
  CHECK(listener.display().starts_with("http://127.0.0.1:"));
  CHECK(listener.display() != "http://127.0.0.1:0");
}

TEST_CASE("Listener: the socket does not block and does not survive exec") {
  const Listener listener = listen_on("127.0.0.1:0");
  CHECK((::fcntl(listener.fd(), F_GETFL) & O_NONBLOCK) != 0);
  CHECK((::fcntl(listener.fd(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("Listener: a port in use is an error that says whose address it is") {
  const Listener first = listen_on("127.0.0.1:0");
  const std::string address = first.display().substr(std::string("http://").size());
  const std::string why = failure_of(address);
  CHECK(why.find(address) != std::string::npos);
  CHECK(why.find("EADDRINUSE") != std::string::npos);
  CHECK(why.find("--bind") != std::string::npos);
}

TEST_CASE("Listener: an unknown host and a foreign address are clear errors") {
  CHECK(failure_of("no-such-host.invalid:0").find("no-such-host.invalid") != std::string::npos);
  CHECK(failure_of("192.0.2.1:0").find("EADDRNOTAVAIL") != std::string::npos);
}

TEST_CASE("Listener: a stale unix socket is replaced and a live one is not touched") {
  const test::TemporaryFolder folder;
  const std::string path = folder.path() / "app.sock";
  { const Listener killed = listen_on("unix:" + path); }  // Leaves its file, as after SIGKILL.
  REQUIRE(exists(path));
  Listener second = listen_on("unix:" + path);
  CHECK(second.display() == "unix:" + path);
  CHECK(failure_of("unix:" + path).find("EADDRINUSE") != std::string::npos);
  CHECK(exists(path));
  second.remove_socket_file();
  CHECK_FALSE(exists(path));
}

TEST_CASE("Listener: a file that is no socket is never removed") {
  const test::TemporaryFolder folder;
  const std::string path = folder.path() / "precious";
  std::ofstream(path) << "data";
  CHECK(failure_of("unix:" + path).find("no socket") != std::string::npos);
  CHECK(exists(path));
}

TEST_CASE("Listener: a listening descriptor is adopted, anything else refused") {
  const Listener original = listen_on("127.0.0.1:0");
  const int copy = ::dup(original.fd());
  const Listener adopted = listen_on("fd://" + std::to_string(copy));
  CHECK(adopted.display() == original.display());
  CHECK(failure_of("fd://987").find("EBADF") != std::string::npos);
}

TEST_CASE(
    "accept_connection: an empty queue is EAGAIN, a waiting client is returned with its address") {
  const Listener listener = listen_on("127.0.0.1:0");
  CHECK(accept_connection(listener.fd()).error() == EAGAIN);
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  REQUIRE(::getsockname(listener.fd(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  const UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::connect(client.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  const auto accepted = accept_connection(listener.fd());
  REQUIRE(accepted.has_value());
  std::string peer;
  accepted->peer.append_host(peer);
  CHECK(peer == "127.0.0.1");
  CHECK((::fcntl(accepted->fd.get(), F_GETFL) & O_NONBLOCK) != 0);
  CHECK((::fcntl(accepted->fd.get(), F_GETFD) & FD_CLOEXEC) != 0);
}

}  // namespace
}  // namespace appserver::net
