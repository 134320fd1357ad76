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

TEST_CASE("PeerAddress: a text is read as inet_pton reads it and shown the same") {
  for (const char* text : {"192.0.2.1:80", "[2001:db8::1]:80", "[::]:80", "255.255.255.255:80"}) {
    std::string host(text, std::string(text).rfind(':'));
    if (host.starts_with('[')) {
      host = host.substr(1, host.size() - 2);
    }
    const auto address = PeerAddress::parse(host, 80);
    REQUIRE(address.has_value());
    CHECK(with_port(*address) == text);
  }
  for (const char* text : {"", "192.0.2", "192.0.2.1:80", "[::1]", "::1%lo", "localhost",
                           "1.2.3.4 ", "0x7f.0.0.1", "1.2.3.4.5", "::1::", "12345::"}) {
    CAPTURE(text);
    CHECK_FALSE(PeerAddress::parse(text).has_value());
  }
}

TEST_CASE(
    "PeerAddress: a mapped IPv4 address is the IPv4 address, the port is not part of a host") {
  const auto plain = PeerAddress::parse("192.0.2.1", 80);
  const auto mapped = PeerAddress::parse("::ffff:192.0.2.1", 80);
  CHECK(plain == mapped);
  CHECK(mapped->family() == PeerAddress::Family::V4);
  CHECK(plain == v6("::ffff:192.0.2.1", 80));
  CHECK_FALSE(plain == PeerAddress::parse("192.0.2.1", 81));
  CHECK(plain->is_same_host(*PeerAddress::parse("192.0.2.1", 81)));
  CHECK_FALSE(plain->is_same_host(*PeerAddress::parse("192.0.2.2", 80)));
  CHECK_FALSE(PeerAddress::parse("0.0.0.0")->is_same_host(PeerAddress()));
}

TEST_CASE("PeerAddress: a client of a unix socket has no address") {
  CHECK(with_port(PeerAddress()) == "unix:");
}

TEST_CASE("PeerAddress: its image makes the same address again") {
  for (const PeerAddress& address : {PeerAddress(), v6("2001:db8::1", 443)}) {
    CHECK(PeerAddress::from_image(address.image()) == address);
  }
}

}  // namespace
}  // namespace appserver::net
