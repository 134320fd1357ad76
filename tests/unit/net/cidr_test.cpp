#include "net/cidr.h"

#include <string>

#include <doctest/doctest.h>

namespace appserver::net {
namespace {

PeerAddress peer(std::string_view text) {
  if (text == "unix") {
    return {};
  }
  const auto address = PeerAddress::parse(text, 4711);
  REQUIRE_MESSAGE(address.has_value(), std::string(text));
  return *address;
}

bool trusts(std::string_view list, std::string_view address) {
  const auto parsed = TrustList::parse(list, "--test");
  REQUIRE_MESSAGE(parsed.has_value(), parsed.error().message);
  return parsed->trusts(peer(address));
}

TEST_CASE("TrustList: an address, a block, IPv4, IPv6 and its mapped form") {
  struct Row {
    const char* list;
    const char* address;
    bool trusted;
  };
  constexpr Row kRows[] = {
      {"192.0.2.1", "192.0.2.1", true},
      {"192.0.2.1", "192.0.2.2", false},
      {"192.0.2.1/32", "192.0.2.1", true},
      {"192.0.2.0/31", "192.0.2.1", true},
      {"192.0.2.0/31", "192.0.2.2", false},
      {"10.0.0.0/8", "10.255.255.255", true},
      {"10.0.0.0/8", "11.0.0.0", false},
      {"172.16.0.0/12", "172.31.255.255", true},
      {"172.16.0.0/12", "172.32.0.0", false},
      {"0.0.0.0/0", "203.0.113.9", true},
      {"0.0.0.0/0", "2001:db8::1", false},
      {"2001:db8::1", "2001:db8::1", true},
      {"2001:db8::1", "2001:db8::2", false},
      {"2001:db8::/32", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", true},
      {"2001:db8::/32", "2001:db9::", false},
      {"2001:db8::/65", "2001:db8::7fff:ffff:ffff:ffff", true},
      {"2001:db8::/65", "2001:db8::8000:0:0:0", false},
      {"2001:db8::2/127", "2001:db8::3", true},
      {"::/0", "2001:db8::1", true},
      {"::/0", "192.0.2.1", false},           // Each family has its own "all".
      {"c000:201::/32", "192.0.2.1", false},  // The same first bytes, another family.
      {"::ffff:192.0.2.1", "192.0.2.1", true},
      {"::ffff:192.0.2.1", "192.0.2.2", false},
      {"192.0.2.1", "::ffff:192.0.2.1", true},
      {"::ffff:10.0.0.0/104", "10.1.2.3", true},
      {"::ffff:10.0.0.0/104", "11.1.2.3", false},
      {"::ffff:0:0/96", "203.0.113.9", true},
      {" 192.0.2.1 ,\t10.0.0.0/8 ", "10.0.0.1", true},
      {"192.0.2.1,2001:db8::1", "2001:db8::1", true},
      {"", "127.0.0.1", false},
      {"  ", "127.0.0.1", false},
      {"*", "192.0.2.1", true},
      {"*", "2001:db8::1", true},
      {"10.0.0.0/8,*", "192.0.2.1", true},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.list);
    CAPTURE(row.address);
    CHECK(trusts(row.list, row.address) == row.trusted);
  }
}

TEST_CASE("TrustList: clients of unix sockets are trusted by name, with loopback and with all") {
  CHECK(trusts("unix", "unix"));
  CHECK(trusts("10.0.0.0/8,unix", "unix"));
  CHECK(trusts("*", "unix"));
  CHECK(trusts("127.0.0.1", "unix"));
  CHECK(trusts("::1", "unix"));
  CHECK(trusts("127.0.0.0/8", "unix"));
  CHECK_FALSE(trusts("10.0.0.0/8", "unix"));
  CHECK_FALSE(trusts("127.0.0.2", "unix"));
  CHECK_FALSE(trusts("", "unix"));
  CHECK_FALSE(trusts("unix", "127.0.0.1"));
}

TEST_CASE("TrustList: one that was not parsed trusts nobody") {
  CHECK_FALSE(TrustList().trusts(peer("127.0.0.1")));
  CHECK_FALSE(TrustList().trusts(PeerAddress()));
}

TEST_CASE(
    "TrustList: what is no list is an error that names the option, the entry and the reason") {
  struct Row {
    const char* list;
    const char* entry;
    const char* reason;
  };
  constexpr Row kRows[] = {
      {"localhost", "'localhost'", "names are not looked up"},
      {"127.0.0.1,,::1", "''", "neither"},
      {",", "''", "neither"},
      {"127.0.0.1,", "''", "neither"},
      {"127.0.0.1 ::1", "'127.0.0.1 ::1'", "neither"},
      {"127.0.0.1;::1", "'127.0.0.1;::1'", "neither"},
      {"[::1]", "'[::1]'", "neither"},
      {"127.0.0.1:80", "'127.0.0.1:80'", "neither"},
      {"fe80::1%eth0", "'fe80::1%eth0'", "neither"},
      {"127.1", "'127.1'", "neither"},
      {"127.0.0.01", "'127.0.0.01'", "neither"},
      {"256.0.0.1", "'256.0.0.1'", "neither"},
      {"Unix", "'Unix'", "neither"},
      {"/8", "'/8'", "neither"},
      {"10.0.0.0/33", "'10.0.0.0/33'", "from 0 to 32"},
      {"10.0.0.0/", "'10.0.0.0/'", "from 0 to 32"},
      {"10.0.0.0/-1", "'10.0.0.0/-1'", "from 0 to 32"},
      {"10.0.0.0/8x", "'10.0.0.0/8x'", "from 0 to 32"},
      {"10.0.0.0/255.0.0.0", "'10.0.0.0/255.0.0.0'", "from 0 to 32"},
      {"2001:db8::/129", "'2001:db8::/129'", "from 0 to 128"},
      {"10.0.0.5/8", "'10.0.0.5/8'", "beyond the prefix"},
      {"2001:db8::1/64", "'2001:db8::1/64'", "beyond the prefix"},
      {"::ffff:10.0.0.0/95", "'::ffff:10.0.0.0/95'", "beyond the prefix"},
      {"::ffff:10.0.0.0/8", "'::ffff:10.0.0.0/8'", "beyond the prefix"},
      {"::ffff:10.0.0.5/104", "'::ffff:10.0.0.5/104'", "beyond the prefix"},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.list);
    const auto parsed = TrustList::parse(row.list, "--forwarded-allow-ips");
    REQUIRE_FALSE(parsed.has_value());
    const std::string& message = parsed.error().message;
    CAPTURE(message);
    CHECK(message.find(row.entry) != std::string::npos);
    CHECK(message.find(row.reason) != std::string::npos);
    CHECK(message.find("--forwarded-allow-ips") != std::string::npos);
    CHECK(message.find("expected") != std::string::npos);
  }
}

TEST_CASE("TrustList: a NUL in an address does not end it") {
  CHECK_FALSE(TrustList::parse(std::string_view("127.0.0.1\0.evil", 14), "--test").has_value());
}

}  // namespace
}  // namespace appserver::net
