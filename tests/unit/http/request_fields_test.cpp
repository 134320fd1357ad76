#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "request_rows.h"

using namespace appserver::http;
using namespace appserver::http::testing;
using namespace std::string_literals;

namespace {

constexpr const char* kFine = "GET / 1.1 keep";

// The fields of a request that must be complete. The strings in `raw` outlive the views.
std::vector<Field> fields_of(std::string_view raw, const Limits& limits = {}) {
  RequestParser parser(limits);
  REQUIRE(parser.feed(raw).progress == RequestParser::Progress::Complete);
  return parser.head().fields;
}

}  // namespace

TEST_CASE("RequestParser: a field is a token, a colon and a value (RFC 9112 section 5)") {
  check_rows({
      {"no space after the colon", get_with("X:y\r\n"), kFine},
      {"an empty value (9110, 5.5)", get_with("X:\r\n"), kFine},
      {"a value of white space", get_with("X: \t \r\n"), kFine},
      {"bytes above 0x7f in a value (9110, 5.5)", get_with("X: \x80\xff\r\n"), kFine},
      {"a tab inside a value", get_with("X: a\tb\r\n"), kFine},
      {"space before the colon (5.1)", get_with("X : y\r\n"), "400"},
      {"tab before the colon (5.1)", get_with("X\t: y\r\n"), "400"},
      {"an empty name", get_with(": y\r\n"), "400"},
      {"no colon", get_with("X\r\n"), "400"},
      {"a space in the name", get_with("X Y: z\r\n"), "400"},
      {"a byte above 0x7f in the name", get_with("X\xdf: z\r\n"), "400"},
      {"a parenthesis in the name", get_with("X(: z\r\n"), "400"},
      {"NUL in a value", get_with("X: a\0b\r\n"s), "400"},
      {"a control in a value", get_with("X: a\x0b\r\n"), "400"},
      {"DEL in a value", get_with("X: a\x7f\r\n"), "400"},
      {"white space before the first field (2.2)", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", "400"},
      {"half a head", "GET / HTTP/1.1\r\nHost: a\r\n", "more"},
  });
}

TEST_CASE("RequestParser: folded fields are refused (RFC 9112 section 5.2)") {
  check_rows({
      {"a space begins the next line", get_with("X: a\r\n b\r\n"), "400"},
      {"a tab begins it", get_with("X: a\r\n\tb\r\n"), "400"},
      {"folding of an empty value", get_with("X:\r\n b\r\n"), "400"},
      {"a folded line of white space", get_with("X: a\r\n \r\n"), "400"},
      {"folding hides a Content-Length", get_with("X: a\r\n Content-Length: 5\r\n"), "400"},
  });
}

TEST_CASE("RequestParser: fields keep order and spelling, and lose their white space") {
  const std::string raw = get_with("x-One: \t a b \t \r\nX-ONE:2\r\nEmpty:\r\n");
  CHECK(fields_of(raw) ==
        std::vector<Field>{{"Host", "a"}, {"x-One", "a b"}, {"X-ONE", "2"}, {"Empty", ""}});
}

TEST_CASE("RequestParser: names with underscores are dropped unless they are wanted") {
  const std::string raw = get_with("X_User: root\r\nX-User: me\r\nContent_Length: 5\r\n");
  CHECK(fields_of(raw) == std::vector<Field>{{"Host", "a"}, {"X-User", "me"}});
  Limits keeping;
  keeping.keep_underscore_names = true;
  CHECK(fields_of(raw, keeping).size() == 4);
}

TEST_CASE("RequestParser: exactly one valid Host on HTTP/1.1 (RFC 9112 section 3.2)") {
  const auto with = [](const std::string& lines) { return "GET / HTTP/1.1\r\n" + lines + "\r\n"; };
  const auto old = [](const std::string& lines) { return "GET / HTTP/1.0\r\n" + lines + "\r\n"; };
  const auto absolute = [](const std::string& lines) {
    return "GET http://b/ HTTP/1.1\r\n" + lines + "\r\n";
  };
  check_rows({
      {"none", with(""), "400"},
      {"two", with("Host: a\r\nHost: a\r\n"), "400"},
      {"two in other case", with("Host: a\r\nhOsT: b\r\n"), "400"},
      {"with a port", with("Host: a.example:8080\r\n"), kFine},
      {"an IPv6 address", with("Host: [::1]:80\r\n"), kFine},
      {"empty, when the target has no authority (9110, 7.2)", with("Host:\r\n"), kFine},
      {"a list", with("Host: a, b\r\n"), "400"},
      {"with a path", with("Host: a/b\r\n"), "400"},
      {"with user information", with("Host: u@a\r\n"), "400"},
      {"with a space inside", with("Host: a b\r\n"), "400"},
      {"a port without a host", with("Host: :80\r\n"), "400"},
      {"a port beyond 16 bits", with("Host: a:65536\r\n"), "400"},
      {"bytes above 0x7f", with("Host: \xc3\xa4\r\n"), "400"},
      {"HTTP/1.0 needs none", old(""), "GET / 1.0 close"},
      {"HTTP/1.0 may have one", old("Host: a\r\n"), "GET / 1.0 close"},
      {"HTTP/1.0 with two", old("Host: a\r\nHost: a\r\n"), "400"},
      {"an absolute target still needs Host", absolute(""), "400"},
      {"an absolute target contradicts an empty Host", absolute("Host:\r\n"), "400"},
      {"an absolute target does not excuse a bad Host", absolute("Host: a/b\r\n"), "400"},
  });
}

TEST_CASE("RequestParser: the authority of an absolute target replaces Host (9112, 3.2.2)") {
  const std::string other = "GET http://b:81/ HTTP/1.1\r\nX: y\r\nHost: a\r\n\r\n";
  CHECK(fields_of(other) == std::vector<Field>{{"X", "y"}, {"Host", "b:81"}});
  const std::string missing = "GET http://b/ HTTP/1.0\r\nX: y\r\n\r\n";
  CHECK(fields_of(missing) == std::vector<Field>{{"X", "y"}, {"Host", "b"}});

  const Limits limits;
  RequestParser parser(limits);
  REQUIRE(parser.feed(other).progress == RequestParser::Progress::Complete);
  CHECK(parser.head().host == "b:81");
  CHECK(parser.head().target == "http://b:81/");
}

TEST_CASE("RequestParser: keep-alive follows version and all Connection fields (9112, 9.3)") {
  const auto old = [](const std::string& lines) { return "GET / HTTP/1.0\r\n" + lines + "\r\n"; };
  check_rows({
      {"close", get_with("Connection: close\r\n"), "GET / 1.1 close"},
      {"close in capitals", get_with("Connection: CLOSE\r\n"), "GET / 1.1 close"},
      {"close in a list", get_with("Connection: x, Close ,y\r\n"), "GET / 1.1 close"},
      {"close on a second line", get_with("Connection: x\r\nconnection: close\r\n"),
       "GET / 1.1 close"},
      {"close beats keep-alive", get_with("Connection: keep-alive, close\r\n"), "GET / 1.1 close"},
      {"an option that only begins like close", get_with("Connection: closed\r\n"), kFine},
      {"an empty list", get_with("Connection:\r\n"), kFine},
      {"Upgrade is ignored (9110, 7.8)", get_with("Connection: upgrade\r\nUpgrade: h2c\r\n"),
       kFine},
      {"Proxy-Connection is ignored (9112, C.2.2)", get_with("Proxy-Connection: close\r\n"), kFine},
      {"HTTP/1.0 with keep-alive", old("Connection: Keep-Alive\r\n"), "GET / 1.0 keep"},
      {"HTTP/1.0 with both", old("Connection: keep-alive\r\nConnection: close\r\n"),
       "GET / 1.0 close"},
  });
}

TEST_CASE("RequestParser: the only expectation is 100-continue (RFC 9110 section 10.1.1)") {
  const auto posting = [](const std::string& version, const std::string& expectation) {
    return "POST / " + version + "\r\nHost: a\r\nExpect: " + expectation +
           "\r\nContent-Length: 1\r\n\r\nx";
  };
  check_rows({
      {"as written", posting("HTTP/1.1", "100-continue"), "POST / 1.1 keep body=x"},
      {"another one", posting("HTTP/1.1", "200-ok"), "417"},
      {"another one besides", posting("HTTP/1.1", "100-continue, x=y"), "417"},
      {"ignored on HTTP/1.0", posting("HTTP/1.0", "200-ok"), "POST / 1.0 close body=x"},
  });
  const auto expects = [](const std::string& raw) {
    const Limits limits;
    RequestParser parser(limits);
    CHECK(parser.feed(raw).progress == RequestParser::Progress::Complete);
    return parser.head().expects_continue;
  };
  CHECK(expects(posting("HTTP/1.1", "100-Continue")));
  CHECK_FALSE(expects(posting("HTTP/1.0", "100-continue")));
  CHECK_FALSE(expects(get_with("")));
}
