// The PROXY protocol. Section numbers are those of haproxy's doc/proxy-protocol.txt.
#include "net/proxy_header.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "proxy_header_bytes.h"

using namespace appserver::net;
using namespace appserver::net::testing;

namespace {

using Progress = ProxyHeaderOutcome::Progress;
using Origin = ProxyHeader::Origin;

// The outcome as a text that a table can hold:
//   "more", "failed", "proxy size=16", "unknown size=15",
//   "192.0.2.7:51234 > 198.51.100.1:443 size=28", with " tls" and " id=..." where told.
std::string outcome_of(std::string_view text) {
  const ProxyHeaderOutcome outcome = read_proxy_header(text);
  if (outcome.progress == Progress::NeedMore) {
    return "more";
  }
  if (outcome.progress == Progress::Failed) {
    CHECK(outcome.reason.ends_with('.'));
    return "failed";
  }
  const ProxyHeader& header = outcome.header;
  std::string told;
  if (header.origin == Origin::Client) {
    header.source.append_host_and_port(told);
    told += " > ";
    header.destination.append_host_and_port(told);
  } else {
    told = header.origin == Origin::Proxy ? "proxy" : "unknown";
  }
  told += " size=" + std::to_string(header.size) + (header.over_tls ? " tls" : "");
  return header.unique_id.empty() ? told : told + " id=" + std::string(header.unique_id);
}

// Whether each beginning of `text` asks for more, until the outcome is there and stays.
void check_byte_by_byte(const std::string& text) {
  const std::string whole = outcome_of(text);
  std::string before = "more";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    // In a block of its own, so that a sanitizer sees each byte read beyond it.
    const std::vector<char> block(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size));
    const std::string now = outcome_of({block.data(), block.size()});
    CHECK_MESSAGE((now == "more" ? before == "more" : now == whole), size);
    before = now;
  }
  CHECK(before == whole);
}

struct Row {
  std::string intent;
  std::string bytes;
  std::string outcome;
};

void check_rows(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    CAPTURE(row.intent);
    CHECK(outcome_of(row.bytes) == row.outcome);
    check_byte_by_byte(row.bytes);
    if (row.outcome.find("size=") != std::string::npos) {
      // What the client sends behind the header does not matter.
      CHECK(outcome_of(row.bytes + "GET / HTTP/1.1\r\n") == row.outcome);
      CHECK(outcome_of(row.bytes + row.bytes) == row.outcome);
    }
  }
}

std::string line(const std::string& words) {
  return "PROXY " + words + "\r\n";
}

}  // namespace

TEST_CASE("read_proxy_header: a line of version 1 tells who the client is (2.1)") {
  check_rows({
      {"IPv4", line("TCP4 192.0.2.7 198.51.100.1 51234 443"),
       "192.0.2.7:51234 > 198.51.100.1:443 size=45"},
      {"IPv6", line("TCP6 2001:db8::7 2001:db8::1 51234 443"),
       "[2001:db8::7]:51234 > [2001:db8::1]:443 size=46"},
      {"IPv6 in upper case", line("TCP6 2001:DB8::A 2001:DB8::1 1 2"),
       "[2001:db8::a]:1 > [2001:db8::1]:2 size=40"},
      {"the longest IPv4 line", line("TCP4 255.255.255.255 255.255.255.255 65535 65535"),
       "255.255.255.255:65535 > 255.255.255.255:65535 size=56"},
      {"the longest IPv6 line",
       line("TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff1 "
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff2 65535 65535"),
       "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff1]:65535 > "
       "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff2]:65535 size=104"},
      {"a mapped client is an IPv4 client", line("TCP6 ::ffff:192.0.2.7 2001:db8::1 1 2"),
       "192.0.2.7:1 > [2001:db8::1]:2 size=45"},
      {"port 0", line("TCP4 192.0.2.7 198.51.100.1 0 0"), "192.0.2.7:0 > 198.51.100.1:0 size=39"},
      {"UNKNOWN alone", line("UNKNOWN"), "unknown size=15"},
      {"UNKNOWN with addresses, which are ignored",
       line("UNKNOWN ffff:f::ffff ffff:f::ffff 65535 65535"), "unknown size=53"},
      {"UNKNOWN with anything", line(std::string("UNKNOWN \0\n\r x", 13)), "unknown size=21"},
      {"the longest line", line("UNKNOWN " + std::string(91, 'x')), "unknown size=107"},
  });
}

TEST_CASE("read_proxy_header: a line of version 1 that differs in a byte is refused (2.1)") {
  const std::string good = " 192.0.2.7 198.51.100.1 51234 443";
  check_rows({
      {"HTTP", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "failed"},
      {"HTTP with a method that begins alike", "PROPFIND / HTTP/1.1\r\n", "failed"},
      {"lower case", "proxy TCP4" + good + "\r\n", "failed"},
      {"no space", "PROXYTCP4" + good + "\r\n", "failed"},
      {"a tab", "PROXY\tTCP4" + good + "\r\n", "failed"},
      {"a space in front", " PROXY TCP4" + good + "\r\n", "failed"},
      {"an empty line in front", "\r\nPROXY TCP4" + good + "\r\n", "failed"},
      {"nothing told", "PROXY \r\n", "failed"},
      {"an unknown protocol", line("UDP4" + good), "failed"},
      {"a protocol in lower case", line("tcp4" + good), "failed"},
      {"UNKNOWN with a letter more", line("UNKNOWNS"), "failed"},
      {"two spaces", line("TCP4 " + good), "failed"},
      {"two spaces between ports", line("TCP4 192.0.2.7 198.51.100.1 51234  443"), "failed"},
      {"a space at the end", line("TCP4" + good + " "), "failed"},
      {"a word more", line("TCP4" + good + " 1"), "failed"},
      {"a word less", line("TCP4 192.0.2.7 198.51.100.1 51234"), "failed"},
      {"only the protocol", line("TCP4"), "failed"},
      {"an IPv6 address as TCP4", line("TCP4 ::1 198.51.100.1 1 2"), "failed"},
      {"an IPv6 destination as TCP4", line("TCP4 192.0.2.7 ::1 1 2"), "failed"},
      {"an IPv4 address as TCP6", line("TCP6 192.0.2.7 ::1 1 2"), "failed"},
      {"brackets", line("TCP6 [::1] ::1 1 2"), "failed"},
      {"a name", line("TCP4 localhost 198.51.100.1 1 2"), "failed"},
      {"a number too large", line("TCP4 256.0.2.7 198.51.100.1 1 2"), "failed"},
      {"leading zeros in an address", line("TCP4 192.0.02.7 198.51.100.1 1 2"), "failed"},
      {"a short address", line("TCP4 192.0.2 198.51.100.1 1 2"), "failed"},
      {"leading zeros in a port", line("TCP4 192.0.2.7 198.51.100.1 01 2"), "failed"},
      {"a port too large", line("TCP4 192.0.2.7 198.51.100.1 65536 2"), "failed"},
      {"a port of six digits", line("TCP4 192.0.2.7 198.51.100.1 1 000002"), "failed"},
      {"a sign", line("TCP4 192.0.2.7 198.51.100.1 +1 2"), "failed"},
      {"no port", line("TCP4 192.0.2.7 198.51.100.1  2"), "failed"},
      {"letters for a port", line("TCP4 192.0.2.7 198.51.100.1 1 http"), "failed"},
      {"a NUL in an address", line(std::string("TCP4 192.0.2.7\0 198.51.100.1 1 2", 32)), "failed"},
      {"a bare LF ends nothing", "PROXY TCP4" + good + "\n", "more"},
      {"a bare CR ends nothing", "PROXY TCP4" + good + "\rGET / HTTP/1.1\r\n", "failed"},
      {"107 bytes without CRLF", "PROXY UNKNOWN " + std::string(93, 'x'), "failed"},
      {"CRLF one byte too late", line("UNKNOWN " + std::string(92, 'x')), "failed"},
      {"the line begins", "PROXY TCP4 192.0", "more"},
      {"the CR is there", "PROXY UNKNOWN\r", "more"},
      {"nothing yet", "", "more"},
  });
}

TEST_CASE("read_proxy_header: a header of version 2 tells who the client is (2.2)") {
  const std::string paths = std::string(108, 'a') + std::string(108, 'b');
  check_rows({
      {"TCP over IPv4", header(0x21, 0x11, kV4), "192.0.2.7:51234 > 198.51.100.1:443 size=28"},
      {"TCP over IPv6", header(0x21, 0x21, kV6), "[2001:db8::7]:51234 > [2001:db8::1]:443 size=52"},
      {"a stream of unix sockets", header(0x21, 0x31, paths), "unix: > unix: size=232"},
      {"LOCAL", header(0x20, 0x00, ""), "proxy size=16"},
      {"LOCAL ignores the family", header(0x20, 0xff, ""), "proxy size=16"},
      {"LOCAL skips addresses", header(0x20, 0x11, kV4), "proxy size=28"},
      {"LOCAL discards its block, whatever it is", header(0x20, 0x11, "x"), "proxy size=17"},
      {"UNSPEC", header(0x21, 0x00, ""), "unknown size=16"},
      {"UNSPEC skips its block", header(0x21, 0x00, "anything"), "unknown size=24"},
      {"an unspecified protocol", header(0x21, 0x10, kV4), "unknown size=28"},
      {"an unspecified family", header(0x21, 0x01, ""), "unknown size=16"},
      {"UDP falls back to UNSPEC", header(0x21, 0x12, kV4), "unknown size=28"},
      {"UDP over IPv6", header(0x21, 0x22, kV6), "unknown size=52"},
      {"unix datagrams", header(0x21, 0x32, paths), "unknown size=232"},
      {"the longest header", header(0x20, 0x00, std::string(4096, 'x')), "proxy size=4112"},
      {"the fixed part alone", header(0x21, 0x11, kV4).substr(0, 16), "more"},
      {"a byte less", header(0x21, 0x11, kV4).substr(0, 27), "more"},
  });
}

TEST_CASE("read_proxy_header: a header of version 2 that is malformed is refused (2.2)") {
  std::string other_signature = header(0x21, 0x11, kV4);
  other_signature[11] = 'X';
  check_rows({
      {"another signature", other_signature, "failed"},
      {"version 1", header(0x11, 0x11, kV4), "failed"},
      {"version 3", header(0x31, 0x11, kV4), "failed"},
      {"an unknown command", header(0x22, 0x11, kV4), "failed"},
      {"the last command", header(0x2f, 0x11, kV4), "failed"},
      {"an unknown family", header(0x21, 0x41, kV4), "failed"},
      {"the last family", header(0x21, 0xf1, kV4), "failed"},
      {"an unknown protocol", header(0x21, 0x13, kV4), "failed"},
      {"an unknown protocol of no family", header(0x21, 0x03, ""), "failed"},
      {"IPv4, a byte short", header(0x21, 0x11, kV4.substr(0, 11)), "failed"},
      {"IPv4, nothing", header(0x21, 0x11, ""), "failed"},
      {"IPv6, a byte short", header(0x21, 0x21, kV6.substr(0, 35)), "failed"},
      {"IPv6 with addresses of IPv4", header(0x21, 0x21, kV4), "failed"},
      {"unix, a byte short", header(0x21, 0x31, std::string(215, 'a')), "failed"},
      {"longer than accepted", header(0x21, 0x11, kV4 + std::string(4085, '\0')), "failed"},
      {"the longest it could announce", kSignature + bytes({0x21, 0x11, 0xff, 0xff}), "failed"},
      {"LOCAL, longer than accepted", header(0x20, 0x00, std::string(4097, 'x')), "failed"},
  });
}

TEST_CASE("read_proxy_header: type-length-values are bounded and skipped (2.2)") {
  const auto with = [](const std::string& vectors) { return header(0x21, 0x11, kV4 + vectors); };
  const std::string told = "192.0.2.7:51234 > 198.51.100.1:443 size=";
  const std::string ssl = bytes({0x01, 0, 0, 0, 0});
  check_rows({
      {"ALPN, AUTHORITY, NOOP, NETNS",
       with(vector(0x01, "h2") + vector(0x02, "a.example") + vector(0x04, "") +
            vector(0x30, "blue")),
       told + "55"},
      {"a type of nobody", with(vector(0xe0, "x")), told + "32"},
      {"the same unimportant type twice", with(vector(0x04, "") + vector(0x04, "")), told + "34"},
      {"UNIQUE_ID (2.2.5)", with(vector(0x05, "f00")), told + "34 id=f00"},
      {"the longest UNIQUE_ID", with(vector(0x05, std::string(128, 'i'))),
       told + "159 id=" + std::string(128, 'i')},
      {"SSL: the client used TLS (2.2.6)", with(vector(0x20, ssl + vector(0x21, "TLSv1.3"))),
       told + "46 tls"},
      {"SSL: the client did not", with(vector(0x20, bytes({0x06, 0, 0, 0, 0}))), told + "36"},
      {"after IPv6 addresses", header(0x21, 0x21, kV6 + vector(0x05, "f00")),
       "[2001:db8::7]:51234 > [2001:db8::1]:443 size=58 id=f00"},
      {"a type without a length", with(bytes({0x04})), "failed"},
      {"half a length", with(bytes({0x04, 0x00})), "failed"},
      {"a value that is a byte short", with(bytes({0x04, 0x00, 0x02, 0x00})), "failed"},
      {"a value that is far too long", with(bytes({0x04, 0xff, 0xff})), "failed"},
      {"a second one that is cut", with(vector(0x04, "") + bytes({0x04, 0x00, 0x01})), "failed"},
      {"UNIQUE_ID too long", with(vector(0x05, std::string(129, 'i'))), "failed"},
      {"UNIQUE_ID twice", with(vector(0x05, "a") + vector(0x05, "a")), "failed"},
      {"UNIQUE_ID twice, once empty", with(vector(0x05, "") + vector(0x05, "a")), "failed"},
      {"SSL too short", with(vector(0x20, bytes({0x01, 0, 0, 0}))), "failed"},
      {"SSL empty", with(vector(0x20, "")), "failed"},
      {"SSL twice", with(vector(0x20, ssl) + vector(0x20, ssl)), "failed"},
  });
}

TEST_CASE("read_proxy_header: a checksum must be that of the whole header (2.2.3)") {
  CHECK(crc32c("123456789") == bytes({0xe3, 0x06, 0x92, 0x83}));  // The check value of CRC-32C.
  const auto with = [](const std::string& vectors) { return header(0x21, 0x11, kV4 + vectors); };
  const std::string empty = vector(0x03, bytes({0, 0, 0, 0}));
  const std::string good = with_checksum(with(vector(0x05, "f00") + empty));
  std::string in_front = with(empty + vector(0x05, "f00"));
  in_front.replace(28 + 3, 4, crc32c(in_front));
  check_rows({
      {"right, at the end", good, "192.0.2.7:51234 > 198.51.100.1:443 size=41 id=f00"},
      {"right, in front", in_front, "192.0.2.7:51234 > 198.51.100.1:443 size=41 id=f00"},
      {"zero", with(empty), "failed"},
      {"three bytes", with(vector(0x03, bytes({0, 0, 0}))), "failed"},
      {"five bytes", with(vector(0x03, bytes({0, 0, 0, 0, 0}))), "failed"},
      {"twice", with_checksum(with(empty + empty)), "failed"},
  });
  constexpr std::size_t kTypeOfChecksum = 34;  // Damaged, it is a header without checksum.
  for (std::size_t at = 16; at < good.size(); at += at + 1 == kTypeOfChecksum ? 2 : 1) {
    std::string damaged = good;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    CAPTURE(at);
    CHECK(outcome_of(damaged) == "failed");
  }
}
