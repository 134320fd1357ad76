#include "net/listener.h"

#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "net/accept.h"
#include "support/temporary_folder.h"

namespace appserver::net {
namespace {

Listener listen_on(std::string_view text, const SocketAccess& access = {}) {
  auto listener = Listener::open(*parse_bind_address(text), {.backlog = 16, .access = access});
  REQUIRE_MESSAGE(listener.has_value(), listener.error().message);
  return std::move(*listener);
}

std::string failure_of(std::string_view text) {
  const auto listener = Listener::open(*parse_bind_address(text), {.backlog = 16});
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

TEST_CASE("Listener: a socket that cannot be asked whether it is alive is not removed") {
  const test::TemporaryFolder folder;
  const std::string path = folder.path() / "other.sock";
  const UniqueFd datagrams(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  path.copy(name.sun_path, sizeof name.sun_path - 1);
  REQUIRE(::bind(datagrams.get(), reinterpret_cast<sockaddr*>(&name), sizeof name) == 0);
  CHECK(failure_of("unix:" + path).find("EADDRINUSE") != std::string::npos);
  CHECK(exists(path));
}

struct stat status_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status;
}

TEST_CASE("Listener: a unix socket has exactly the mode it was given, and the umask stays") {
  const test::TemporaryFolder folder;
  const mode_t before = ::umask(027);
  for (const mode_t mode : {0600U, 0660U, 0666U}) {
    const std::string path = folder.path() / std::to_string(mode);
    const Listener listener = listen_on("unix:" + path, {.mode = mode});
    CHECK((status_of(path).st_mode & 07777U) == mode);
  }
  const std::string path = folder.path() / "umask";
  const Listener listener = listen_on("unix:" + path);
  CHECK((status_of(path).st_mode & 07777U) == 0750);
  CHECK(::umask(before) == 027);
}

TEST_CASE("Listener: a unix socket is given away before anybody can connect") {
  const test::TemporaryFolder folder;
  const std::string path = folder.path() / "app.sock";
  if (::geteuid() == 0) {
    const Listener listener = listen_on("unix:" + path, {.mode = 0660, .user = 4711, .group = 815});
    CHECK(status_of(path).st_uid == 4711);
    CHECK(status_of(path).st_gid == 815);
    CHECK((status_of(path).st_mode & 07777U) == 0660);
    return;
  }
  // Only root can give a file away: the socket must not stay behind with the wrong owner.
  const auto listener =
      Listener::open(*parse_bind_address("unix:" + path), {.backlog = 16, .access = {.user = 0U}});
  REQUIRE_FALSE(listener.has_value());
  CHECK(listener.error().message.find("start as root") != std::string::npos);
  CHECK_FALSE(exists(path));
}

TEST_CASE("apply_owner: a link or a file in the socket's place is not given away") {
  const test::TemporaryFolder folder;
  const std::string file = folder.path() / "precious";
  std::ofstream(file) << "data";
  const std::string link = folder.path() / "link";
  REQUIRE(::symlink(file.c_str(), link.c_str()) == 0);
  const SocketAccess access{.user = ::geteuid()};
  CHECK_FALSE(apply_owner(file.c_str(), access).has_value());
  CHECK_FALSE(apply_owner(link.c_str(), access).has_value());
  CHECK_FALSE(apply_owner((folder.path() / "nothing").c_str(), access).has_value());
  const std::string socket = folder.path() / "app.sock";
  const Listener listener = listen_on("unix:" + socket);
  CHECK(apply_owner(socket.c_str(), access).has_value());
}

TEST_CASE("parse_socket_owner: users bring their group along, names may be numbers") {
  const auto root = parse_socket_owner("root");
  REQUIRE(root.has_value());
  CHECK(root->user == 0U);
  CHECK(root->group == 0U);
  const auto both = parse_socket_owner("12:34");
  CHECK(both->user == 12U);
  CHECK(both->group == 34U);
  const auto number = parse_socket_owner("4711");
  CHECK(number->user == 4711U);
  CHECK_FALSE(number->group.has_value());
  const auto group = parse_socket_owner(":root");
  CHECK_FALSE(group->user.has_value());
  CHECK(group->group == 0U);
  const auto nobody_named = parse_socket_owner("");
  CHECK_FALSE(nobody_named->user.has_value());
  CHECK_FALSE(nobody_named->group.has_value());
}

TEST_CASE("parse_socket_owner: an unknown name is an error that names it") {
  for (const char* text : {"no-such-user", "root:no-such-group", ":", "root:", "no-such-user:root",
                           "1:2:3", "-1", ":-1", "4294967295"}) {
    CAPTURE(text);
    const auto access = parse_socket_owner(text);
    REQUIRE_FALSE(access.has_value());
    CHECK(access.error().message.find("--socket-owner") != std::string::npos);
  }
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
