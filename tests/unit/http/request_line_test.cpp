#include <doctest/doctest.h>

#include "fixtures/http/request_line_rows.h"
#include "request_rows.h"

using namespace appserver::http::testing;

TEST_CASE("RequestParser: a request line is method, target and version with single spaces") {
  check_rows(request_lines());
}

TEST_CASE("RequestParser: only HTTP/1.0 and HTTP/1.1 are spoken") {
  check_rows(versions());
}

TEST_CASE("RequestParser: only CRLF ends a line (RFC 9112 section 2.2)") {
  check_rows(line_ends());
}

TEST_CASE("RequestParser: one empty line before a request is forgiven (RFC 9112 section 2.2)") {
  check_rows(empty_lines());
}

TEST_CASE("RequestParser: the target's form follows the method (RFC 9112 section 3.2)") {
  check_rows(target_forms());
}

TEST_CASE("RequestParser: a target carries no character that a URI cannot (RFC 3986)") {
  check_rows(target_letters());
}

TEST_CASE("RequestParser: CONNECT and TRACE are not implemented (RFC 9110 section 9.3)") {
  check_rows(unimplemented_methods());
}
