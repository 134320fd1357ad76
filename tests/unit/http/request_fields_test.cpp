#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "fixtures/http/field_rows.h"
#include "request_rows.h"

using namespace appserver::http;
using namespace appserver::http::testing;

namespace {

// The fields of a request that must be complete. The strings in `raw` outlive the views.
std::vector<Field> fields_of(std::string_view raw, const Limits& limits = {}) {
  RequestParser parser(limits);
  REQUIRE(parser.feed(raw).progress == RequestParser::Progress::Complete);
  return parser.head().fields;
}

}  // namespace

TEST_CASE("RequestParser: a field is a token, a colon and a value (RFC 9112 section 5)") {
  check_rows(field_lines());
}

TEST_CASE("RequestParser: folded fields are refused (RFC 9112 section 5.2)") {
  check_rows(folded_fields());
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
  check_rows(hosts());
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
  check_rows(connection_options());
}

TEST_CASE("RequestParser: fields that ask for what is not offered change nothing") {
  check_rows(ignored_fields());
}

TEST_CASE("RequestParser: the only expectation is 100-continue (RFC 9110 section 10.1.1)") {
  check_rows(expectations());
  const auto posting = [](const std::string& version, const std::string& expectation) {
    return "POST / " + version + "\r\nHost: a\r\nExpect: " + expectation +
           "\r\nContent-Length: 1\r\n\r\nx";
  };
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
