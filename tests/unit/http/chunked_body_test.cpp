#include <string>

#include <doctest/doctest.h>

#include "fixtures/http/chunk_rows.h"
#include "request_rows.h"

using namespace appserver::http;
using namespace appserver::http::testing;

TEST_CASE("RequestParser: chunks are decoded (RFC 9112 section 7.1)") {
  check_rows(chunks());
}

TEST_CASE("RequestParser: chunk framing is strict (RFC 9112 section 7.1)") {
  check_rows(chunk_framing());
}

TEST_CASE("RequestParser: chunk extensions are checked and ignored (RFC 9112 section 7.1.1)") {
  check_rows(chunk_extensions());
}

TEST_CASE("RequestParser: trailers are checked, dropped and change nothing (9110, 6.5.1)") {
  check_rows(trailers());
}

TEST_CASE("RequestParser: trailers never appear among the fields") {
  const std::string raw = chunked("0\r\nX: y\r\nHost: b\r\n\r\n");
  const Limits limits;
  RequestParser parser(limits);
  REQUIRE(parser.feed(raw).progress == RequestParser::Progress::Complete);
  CHECK(parser.head().fields ==
        std::vector<Field>{{"Host", "a"}, {"Transfer-Encoding", "chunked"}});
  CHECK(parser.head().host == "a");
  CHECK(parser.head().chunked);
  CHECK_FALSE(parser.head().content_length.has_value());
}

TEST_CASE("RequestParser: small chunks pass, a body that is mostly framing does not") {
  check_rows(framing_costs());
}
