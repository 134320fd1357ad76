#include "net/peer_address.h"

#include <arpa/inet.h>
#include <cstring>
#include <netinet/in.h>
#include <string>

#include <doctest/doctest.h>

namespace appserver::net {
namespace {

std::string with_port(const PeerAddress& address) {
  std::string text;
  address.append_host_and_port(text);
  return text;
}

PeerAddress v6(const char* host, std::uint16_t port) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  REQUIRE(::inet_pton(AF_INET6, host, &address.sin6_addr) == 1);
  sockaddr_storage storage{};
  std::memcpy(&storage, &address, sizeof address);
  return PeerAddress(storage);
}

TEST_CASE("PeerAddress: IPv4, IPv6, and IPv4 seen through an IPv6 socket") {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(51234);
  REQUIRE(::inet_pton(AF_INET, "192.0.2.1", &address.sin_addr) == 1);
  sockaddr_storage storage{};
  std::memcpy(&storage, &address, sizeof address);
  CHECK(with_port(PeerAddress(storage)) == "192.0.2.1:51234");
  CHECK(with_port(v6("2001:db8::1", 443)) == "[2001:db8::1]:443");
  CHECK(with_port(v6("::ffff:192.0.2.7", 80)) == "192.0.2.7:80");
}

TEST_CASE("PeerAddress: a client of a unix socket has no address") {
  CHECK(with_port(PeerAddress()) == "unix:");
}

}  // namespace
}  // namespace appserver::net
