#include "net/passed_sockets.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "net/listener.h"

namespace appserver::net {
namespace {

constexpr int kFirst = 200;  // Where nothing else is in this program.
constexpr long kSelf = 4711;

ServiceVariables variables(const std::string& count, const std::string& names = "",
                           long pid = kSelf) {
  return ServiceVariables{
      {{"LISTEN_PID", std::to_string(pid)}, {"LISTEN_FDS", count}, {"LISTEN_FDNAMES", names}}};
}

UniqueFd listening() {
  auto listener = Listener::open(*parse_bind_address("127.0.0.1:0"), {.backlog = 16});
  REQUIRE(listener.has_value());
  return UniqueFd(::fcntl(listener->fd(), F_DUPFD_CLOEXEC, 0));
}

// Puts a socket where a service manager would, for PassedSockets to take over.
void place(const UniqueFd& fd, int at) {
  REQUIRE(::dup2(fd.get(), at) == at);
}

PassedSockets take(const ServiceVariables& variables) {
  auto passed = PassedSockets::take(variables, kSelf, kFirst);
  REQUIRE_MESSAGE(passed.has_value(), passed.error().message);
  return std::move(*passed);
}

bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) >= 0;
}

TEST_CASE("PassedSockets: all that are promised are taken, and close on exec") {
  place(listening(), kFirst);
  place(listening(), kFirst + 1);
  {
    const PassedSockets passed = take(variables("2"));
    CHECK(passed.binds() == std::vector<std::string>{"fd://200", "fd://201"});
    CHECK(passed.has(kFirst + 1));
    CHECK_FALSE(passed.has(kFirst + 2));
    CHECK((::fcntl(kFirst, F_GETFD) & FD_CLOEXEC) != 0);
    const auto shared = passed.share(kFirst);
    REQUIRE(shared.has_value());
    CHECK(shared->get() != kFirst);
    CHECK((::fcntl(shared->get(), F_GETFD) & FD_CLOEXEC) != 0);
  }
  CHECK_FALSE(is_open(kFirst));
}

TEST_CASE("PassedSockets: what is promised to another process is not touched") {
  const UniqueFd socket = listening();
  place(socket, kFirst);
  CHECK(take(variables("1", "", kSelf + 1)).is_empty());
  CHECK(take(ServiceVariables{}).is_empty());
  CHECK(is_open(kFirst));
  ::close(kFirst);
}

TEST_CASE("PassedSockets: a name stands for all sockets that have it, a number for itself") {
  for (int i = 0; i < 4; ++i) {
    place(listening(), kFirst + i);
  }
  const PassedSockets passed = take(variables("4", "web:admin:web"));
  const auto resolved = passed.resolve({"fd://web", "127.0.0.1:80", "fd://7", "fd://unknown"});
  REQUIRE(resolved.has_value());
  CHECK(*resolved ==
        std::vector<std::string>{"fd://200", "fd://202", "127.0.0.1:80", "fd://7", "fd://203"});
  const auto missing = passed.resolve({"fd://wbe"});
  REQUIRE_FALSE(missing.has_value());
  CHECK(missing.error().message.find("fd://wbe") != std::string::npos);
  CHECK(missing.error().message.find("admin (fd://201)") != std::string::npos);
  const auto none = PassedSockets().resolve({"fd://web"});
  REQUIRE_FALSE(none.has_value());
  CHECK(none.error().message.find("LISTEN_FDS") != std::string::npos);
}

TEST_CASE("PassedSockets: what is not a listening stream socket cannot be served") {
  place(UniqueFd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)), kFirst);
  place(UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), kFirst + 1);
  place(UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)), kFirst + 2);
  const PassedSockets passed = take(variables("3", "dgram:stream:null"));
  for (int i = 0; i < 3; ++i) {
    const auto shared = passed.share(kFirst + i);
    REQUIRE_FALSE(shared.has_value());
    CHECK(shared.error().message.find("fd://" + std::to_string(kFirst + i)) != std::string::npos);
    CHECK(shared.error().message.find("ListenStream=") != std::string::npos);
  }
}

TEST_CASE("PassedSockets: a promise that is not kept is an error that names it") {
  for (const char* count : {"many", "-1", "1x", "70000"}) {
    const auto passed = PassedSockets::take(variables(count), kSelf, kFirst);
    REQUIRE_FALSE(passed.has_value());
    CHECK(passed.error().message.find(count) != std::string::npos);
  }
  place(listening(), kFirst);
  const auto passed = PassedSockets::take(variables("2"), kSelf, kFirst);
  REQUIRE_FALSE(passed.has_value());
  CHECK(passed.error().message.find("201") != std::string::npos);
}

}  // namespace
}  // namespace appserver::net
