#include "net/notify_socket.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>

#include <doctest/doctest.h>

#include "support/temporary_folder.h"

namespace appserver::net {
namespace {

// A service manager's end. `name` as in sockaddr_un, with a NUL in front of an abstract one.
UniqueFd receiver(const std::string& name) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  name.copy(address.sun_path, sizeof address.sun_path);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  REQUIRE(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  return fd;
}

std::string message_at(const UniqueFd& fd) {
  std::array<char, 256> bytes;
  const ssize_t size = ::recv(fd.get(), bytes.data(), bytes.size(), 0);
  return size < 0 ? "nothing" : std::string(bytes.data(), static_cast<std::size_t>(size));
}

NotifySocket to(const std::string& address) {
  auto socket = NotifySocket::to(address);
  REQUIRE_MESSAGE(socket.has_value(), socket.error().message);
  return std::move(*socket);
}

TEST_CASE("NotifySocket: a message arrives at a path, and at an abstract name") {
  const test::TemporaryFolder folder;
  const std::string path = folder / "notify";
  const UniqueFd at_path = receiver(path);
  CHECK(to(path).send("READY=1\nSTATUS=x") == NotifySocket::Progress::Sent);
  CHECK(message_at(at_path) == "READY=1\nSTATUS=x");
  const std::string name = "appserver-test-" + folder.path().filename().string();
  const UniqueFd at_name = receiver(std::string(1, '\0') + name);
  CHECK(to("@" + name).send("READY=1") == NotifySocket::Progress::Sent);
  CHECK(message_at(at_name) == "READY=1");
}

TEST_CASE("NotifySocket: nobody there is a failure, nobody reading means to try again") {
  const test::TemporaryFolder folder;
  const std::string path = folder / "notify";
  const NotifySocket socket = to(path);
  CHECK(socket.send("READY=1") == NotifySocket::Progress::Failed);
  CHECK(errno == ENOENT);
  const UniqueFd busy = receiver(path);
  auto progress = NotifySocket::Progress::Sent;
  for (int i = 0; i < 100'000 && progress == NotifySocket::Progress::Sent; ++i) {
    progress = socket.send("STATUS=x");
  }
  CHECK(progress == NotifySocket::Progress::Full);
  CHECK(message_at(busy) == "STATUS=x");
  CHECK(socket.send("STATUS=y") == NotifySocket::Progress::Sent);
}

TEST_CASE("NotifySocket: an address of another form is an error that shows it") {
  for (const std::string text : {"", "/", "@", "run/x", "vsock:2:1234"}) {
    const auto socket = NotifySocket::to(text);
    REQUIRE_FALSE(socket.has_value());
    CHECK(socket.error().message.find("'" + text + "'") != std::string::npos);
  }
  CHECK_FALSE(NotifySocket::to("/" + std::string(200, 'x')).has_value());
}

}  // namespace
}  // namespace appserver::net
