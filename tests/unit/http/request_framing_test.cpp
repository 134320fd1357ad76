#include <string>

#include <doctest/doctest.h>

#include "fixtures/http/framing_rows.h"
#include "request_rows.h"

using namespace appserver::http;
using namespace appserver::http::testing;

TEST_CASE("RequestParser: Content-Length is one field of digits (RFC 9110 section 8.6)") {
  check_rows(content_lengths());
}

TEST_CASE("RequestParser: Transfer-Encoding is exactly one chunked (RFC 9112 section 6)") {
  check_rows(transfer_encodings());
}

TEST_CASE("RequestParser: Content-Length and Transfer-Encoding exclude each other (9112, 6.1)") {
  check_rows(both_framings());
}

TEST_CASE("RequestParser: a body in place is a view, a body in pieces is stored") {
  const std::string raw = post_with("Content-Length: 2\r\n", "ab");
  const Limits limits;
  RequestParser parser(limits);

  REQUIRE(parser.feed(raw).progress == RequestParser::Progress::Complete);
  CHECK(parser.body().data() == raw.data() + raw.size() - 2);
  CHECK(parser.body_received() == 0);

  parser.reset();
  const auto [progress, consumed] = parser.feed(std::string_view(raw).substr(0, raw.size() - 1));
  CHECK(progress == RequestParser::Progress::NeedMore);
  CHECK(consumed == raw.size() - 1);
  CHECK(parser.head_complete());
  CHECK(parser.head_bytes() == std::string_view(raw).substr(0, raw.size() - 2));
  CHECK(parser.body_received() == 1);
  CHECK(parser.feed("b").progress == RequestParser::Progress::Complete);
  CHECK(parser.body() == "ab");
}
