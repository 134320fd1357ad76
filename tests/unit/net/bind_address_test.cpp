#include "net/bind_address.h"

#include <string>
#include <variant>

#include <doctest/doctest.h>

namespace appserver::net {
namespace {

TcpAddress tcp(std::string_view text) {
  const auto address = parse_bind_address(text);
  REQUIRE(address.has_value());
  REQUIRE(std::holds_alternative<TcpAddress>(*address));
  return std::get<TcpAddress>(*address);
}

UnixAddress local(std::string_view text) {
  const auto address = parse_bind_address(text);
  REQUIRE(address.has_value());
  REQUIRE(std::holds_alternative<UnixAddress>(*address));
  return std::get<UnixAddress>(*address);
}

TEST_CASE("parse_bind_address: host and port, by name, number or neither") {
  CHECK(tcp("127.0.0.1:8000").host == "127.0.0.1");
  CHECK(tcp("127.0.0.1:8000").port == 8000);
  CHECK(tcp("localhost:0").port == 0);
  CHECK(tcp(":8080").host.empty());
  CHECK(tcp("[::1]:443").host == "::1");
  CHECK(tcp("[::1]:443").port == 443);
}

TEST_CASE("parse_bind_address: unix sockets, with a path or an abstract name") {
  CHECK(local("unix:/run/app.sock").path == "/run/app.sock");
  CHECK_FALSE(local("unix:/run/app.sock").abstract);
  CHECK(local("unix:@app").path == "app");
  CHECK(local("unix:@app").abstract);
}

TEST_CASE("parse_bind_address: a descriptor that was inherited") {
  const auto address = parse_bind_address("fd://3");
  REQUIRE(address.has_value());
  CHECK(std::get<InheritedSocket>(*address).fd == 3);
}

TEST_CASE("parse_bind_address: a mistake is named, with what was expected") {
  for (const char* text : {"", "8000", "localhost", "127.0.0.1:", "127.0.0.1:http",
                           "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1: 80", "::1:8000", "[::1]",
                           "[]:8000", "unix:", "unix:@", "fd://", "fd://x", "fd://-1"}) {
    CAPTURE(text);
    const auto address = parse_bind_address(text);
    REQUIRE_FALSE(address.has_value());
    CHECK(address.error().message.find("'" + std::string(text) + "'") != std::string::npos);
    CHECK(address.error().message.find("expected host:port") != std::string::npos);
  }
}

TEST_CASE("parse_bind_address: a unix path is refused when the kernel would cut it") {
  CHECK(parse_bind_address("unix:/" + std::string(106, 'x')).has_value());
  CHECK_FALSE(parse_bind_address("unix:/" + std::string(107, 'x')).has_value());
}

}  // namespace
}  // namespace appserver::net
