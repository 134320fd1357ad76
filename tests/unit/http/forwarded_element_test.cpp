#include "http/forwarded_element.h"

#include <string>

#include <doctest/doctest.h>

using namespace appserver::http;

namespace {

std::string node_text(std::string_view text) {
  const ForwardedNode node = read_node(text);
  if (node.kind == ForwardedNode::Kind::Hidden) {
    return "hidden";
  }
  std::string told = "malformed";
  if (node.kind == ForwardedNode::Kind::Address) {
    told.clear();
    node.address.append_host_and_port(told);
  }
  return told;
}

std::string element_text(std::string_view text) {
  const auto element = read_element(text);
  if (!element) {
    return "malformed";
  }
  return std::string(element->client) + "|" + std::string(element->proto) + "|" +
         std::string(element->host);
}

struct Row {
  const char* text;
  const char* outcome;
};

}  // namespace

TEST_CASE("read_node: what a proxy may call a node (RFC 7239 section 6, and X-Forwarded-For)") {
  constexpr Row kRows[] = {
      {"192.0.2.43", "192.0.2.43:0"},
      {"192.0.2.43:47011", "192.0.2.43:47011"},
      {"192.0.2.43:_port", "192.0.2.43:0"},
      {"[2001:db8:cafe::17]", "[2001:db8:cafe::17]:0"},
      {"[2001:db8:cafe::17]:4711", "[2001:db8:cafe::17]:4711"},
      {"[2001:db8:cafe::17]:_x", "[2001:db8:cafe::17]:0"},
      {"2001:db8:cafe::17", "[2001:db8:cafe::17]:0"},
      {"::ffff:192.0.2.43", "192.0.2.43:0"},
      {"[::ffff:192.0.2.43]:1", "192.0.2.43:1"},
      {"::1", "[::1]:0"},
      {"fe80::1%eth0", "[fe80::1]:0"},
      {"[fe80::1%eth0]:80", "[fe80::1]:80"},
      {"unix:", "unix:"},
      {"unknown", "hidden"},
      {"Unknown", "hidden"},
      {"unknown:80", "hidden"},
      {"_hidden", "hidden"},
      {"_SEVKISEK", "hidden"},
      {"_gate.way-1:_p", "hidden"},
      {"", "hidden"},
      {"_", "malformed"},
      {"_a b", "malformed"},
      {"_a:", "malformed"},
      {"unknown:x", "malformed"},
      {"example.com", "malformed"},
      {"192.0.2", "malformed"},
      {"192.0.2.256", "malformed"},
      {"192.0.2.043", "malformed"},
      {"192.0.2.43:", "malformed"},
      {"192.0.2.43:65536", "malformed"},
      {"192.0.2.43:000080", "malformed"},
      {"192.0.2.43:-1", "malformed"},
      {"192.0.2.43%eth0", "malformed"},
      {"[192.0.2.43]", "malformed"},
      {"[192.0.2.43]:80", "malformed"},
      {"[2001:db8::1", "malformed"},
      {"[2001:db8::1]80", "malformed"},
      {"[2001:db8::1]:", "malformed"},
      {"[]", "malformed"},
      {"[", "malformed"},
      {":80", "malformed"},
      {"unix:/run/x", "malformed"},
      {"2001:db8::17::1", "malformed"},
      {"\"192.0.2.43\"", "malformed"},
      {"' OR 1=1", "malformed"},
      {"0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000", "malformed"},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.text);
    CHECK(node_text(row.text) == row.outcome);
  }
}

TEST_CASE("read_node: a NUL does not end an address") {
  CHECK(node_text(std::string_view("192.0.2.1\0x", 11)) == "malformed");
  CHECK(node_text(std::string_view("[::1\0x]", 7)) == "malformed");
}

TEST_CASE("read_element: pairs of one hop (RFC 7239 section 4)") {
  constexpr Row kRows[] = {
      {"for=192.0.2.43", "192.0.2.43||"},
      {"for=\"_gazonk\"", "_gazonk||"},
      {"For=\"[2001:db8:cafe::17]:4711\"", "[2001:db8:cafe::17]:4711||"},
      {"for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60|http|"},
      {"by=203.0.113.43;PROTO=https;HOST=a.example", "|https|a.example"},
      {"host=\"a.example:8080\"", "||a.example:8080"},
      {"for=a ; proto=https", "a|https|"},
      {"for=a;\tproto=https ", "a|https|"},
      {";for=a;;proto=http;", "a|http|"},
      {"for=a;secret=\"x;y\\\"z\"", "a||"},
      {"for=a;ext=1;ext=2", "a||"},
      {"", "||"},
      {";", "||"},
      {"for=\"\"", "||"},
      {"for", "malformed"},
      {"for=", "malformed"},
      {"=a", "malformed"},
      {"for =a", "malformed"},
      {"for= a", "malformed"},
      {"for=a proto=http", "malformed"},
      {"for=a:80", "malformed"},
      {"for=[::1]", "malformed"},
      {"for=\"a", "malformed"},
      {"for=a\"", "malformed"},
      {"for=\"a\"b", "malformed"},
      {"for=\"a\\\"", "malformed"},
      {"for=\"a\\b\"", "malformed"},
      {"host=\"a\\.example\"", "malformed"},
      {"for=a;for=a", "malformed"},
      {"for=a;FOR=b", "malformed"},
      {"proto=http;proto=http", "malformed"},
      {"for=a,for=b", "malformed"},
      {"f(r=a", "malformed"},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.text);
    CHECK(element_text(row.text) == row.outcome);
  }
}

TEST_CASE("last_unquoted_comma: commas in quoted strings divide nothing") {
  const auto rest = [](std::string_view list) {
    const std::size_t comma = last_unquoted_comma(list);
    return comma == std::string_view::npos ? "all" : std::string(list.substr(comma + 1));
  };
  CHECK(rest("a") == "all");
  CHECK(rest("") == "all");
  CHECK(rest("a,b,c") == "c");
  CHECK(rest("a,") == "");
  CHECK(rest("a,x=\"b,c\"") == "x=\"b,c\"");
  CHECK(rest("\"a,b\"") == "all");
  CHECK(rest("a,\"b\\\",c\"") == "\"b\\\",c\"");
  CHECK(rest("a,\"b\\\\\",c") == "c");
  // A stranger's quote on the left does not swallow what a proxy has put behind it.
  CHECK(rest("for=\",for=192.0.2.1") == "for=192.0.2.1");
  CHECK(rest("for=\"\\,for=\"[::1]\"") == "for=\"[::1]\"");
}

TEST_CASE("read_port: one to five digits that are a port") {
  CHECK(read_port("0") == 0);
  CHECK(read_port("00080") == 80);
  CHECK(read_port("65535") == 65535);
  for (const char* text : {"", "65536", "99999", "000080", "8a", "+8", " 8"}) {
    CAPTURE(text);
    CHECK_FALSE(read_port(text).has_value());
  }
}
