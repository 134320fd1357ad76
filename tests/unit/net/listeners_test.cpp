#include "net/listeners.h"

#include <fcntl.h>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "support/temporary_folder.h"

namespace appserver::net {
namespace {

using Binds = std::vector<std::string>;

std::vector<int> open(Listeners& listeners, const Binds& binds, const ListenOptions& how = {}) {
  auto fds = listeners.open(binds, how);
  REQUIRE_MESSAGE(fds.has_value(), fds.error().message);
  return *fds;
}

bool exists(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

mode_t mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

TEST_CASE("Listeners: an address that stays keeps its socket, whatever the order") {
  Listeners listeners{PassedSockets()};
  const auto first = open(listeners, {"127.0.0.1:0", "[::1]:0"});
  const auto second = open(listeners, {"[::1]:0", "127.0.0.2:0", "127.0.0.1:0"});
  CHECK(second[0] == first[1]);
  CHECK(second[2] == first[0]);
  CHECK(listeners.fds() == std::vector<int>{first[0], first[1], second[1]});
}

TEST_CASE("Listeners: a text that is there twice stands for two sockets") {
  Listeners listeners{PassedSockets()};
  const auto first = open(listeners, {"127.0.0.1:0"});
  const auto second = open(listeners, {"127.0.0.1:0", "127.0.0.1:0"});
  CHECK(second[0] == first[0]);
  CHECK(second[1] != first[0]);
  CHECK(listeners.display(second[1]) != listeners.display(first[0]));
}

TEST_CASE("Listeners: one address that cannot be opened leaves everything as it was") {
  const test::TemporaryFolder folder;
  const std::string path = folder / "app.sock";
  Listeners listeners{PassedSockets()};
  const auto before = open(listeners, {"127.0.0.1:0"});
  for (const char* bad : {"192.0.2.1:1", "nonsense", "fd://0"}) {
    const auto failed = listeners.open(Binds{"127.0.0.1:0", "unix:" + path, bad}, {});
    REQUIRE_FALSE(failed.has_value());
    CHECK(failed.error().message.find(bad) != std::string::npos);
    CHECK(listeners.fds() == before);
    CHECK_FALSE(exists(path));
  }
}

TEST_CASE("Listeners: descriptors of unknown origin are taken at the start only") {
  auto original = Listener::open(*parse_bind_address("127.0.0.1:0"), {});
  REQUIRE(original.has_value());
  const std::string bind = "fd://" + std::to_string(::fcntl(original->fd(), F_DUPFD_CLOEXEC, 0));
  Listeners listeners{PassedSockets()};
  const auto first = open(listeners, {bind});
  CHECK(listeners.display(first[0]) == original->display());
  CHECK(open(listeners, {bind, "127.0.0.1:0"})[0] == first[0]);
  const auto later = listeners.open(Binds{"fd://" + std::to_string(original->fd())}, {});
  REQUIRE_FALSE(later.has_value());
  CHECK(later.error().message.find("restart") != std::string::npos);
}

TEST_CASE("Listeners: a passed socket can be left out and taken in again, and is never ended") {
  constexpr int kPassed = 210;
  auto original = Listener::open(*parse_bind_address("127.0.0.1:0"), {});
  REQUIRE(original.has_value());
  REQUIRE(::dup2(original->fd(), kPassed) == kPassed);
  auto passed =
      PassedSockets::take(ServiceVariables{{{"LISTEN_PID", "1"}, {"LISTEN_FDS", "1"}}}, 1, kPassed);
  REQUIRE(passed.has_value());
  Listeners listeners{std::move(*passed)};
  const auto first = open(listeners, {"fd://210"});
  const auto other = open(listeners, {"127.0.0.1:0"});
  auto given_up = listeners.take_all_but(other);
  REQUIRE(given_up.size() == 1);
  CHECK(given_up[0].facts().is_shared);
  CHECK_FALSE(given_up[0].shut_door());
  given_up[0].end_listening();
  given_up.clear();
  int listening = 0;
  socklen_t size = sizeof listening;
  REQUIRE(::getsockopt(kPassed, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0);
  CHECK(listening == 1);
  const auto again = open(listeners, {"127.0.0.1:0", "fd://210"});
  CHECK(listeners.display(again[1]) == original->display());
}

TEST_CASE("Listeners: what is given up is returned, the rest stays in its order") {
  Listeners listeners{PassedSockets()};
  const auto fds = open(listeners, {"127.0.0.1:0", "127.0.0.2:0", "127.0.0.3:0"});
  CHECK(listeners.take_all_but(fds).empty());
  const std::string dropped = listeners.display(fds[1]);
  const auto given_up = listeners.take_all_but(std::vector<int>{fds[0], fds[2]});
  REQUIRE(given_up.size() == 1);
  CHECK(given_up[0].display() == dropped);
  CHECK(listeners.fds() == std::vector<int>{fds[0], fds[2]});
}

TEST_CASE("Listeners: a kept unix socket follows another mode, and others are left alone") {
  const test::TemporaryFolder folder;
  const std::string one = folder / "one";
  const std::string two = folder / "two";
  Listeners listeners{PassedSockets()};
  const auto fds =
      open(listeners, {"unix:" + one, "unix:" + two}, {.backlog = 16, .access = {.mode = 0660}});
  const std::vector<int> first{fds[0]};
  CHECK(listeners.adjust(first, {.backlog = 8, .access = {.mode = 0600}}).empty());
  CHECK(mode_of(one) == 0600);
  CHECK(mode_of(two) == 0660);
  // The umask counts for files that are made, not for those that are there.
  CHECK(listeners.adjust(first, {.backlog = 8, .access = {}}).empty());
  CHECK(mode_of(one) == 0600);
}

TEST_CASE("Listeners: a file in the place of a socket is not changed, and the text says so") {
  const test::TemporaryFolder folder;
  const std::string path = folder / "app.sock";
  const std::string other = folder / "other";
  Listeners listeners{PassedSockets()};
  const auto fds = open(listeners, {"unix:" + path}, {.access = {.mode = 0660}});
  REQUIRE(::unlink(path.c_str()) == 0);
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  const auto complaints = listeners.adjust(fds, {.access = {.mode = 0666}});
  REQUIRE(complaints.size() == 1);
  CHECK(complaints[0].find(path) != std::string::npos);
  CHECK(mode_of(path) == 0644);
}

}  // namespace
}  // namespace appserver::net
