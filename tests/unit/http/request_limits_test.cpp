#include <string>

#include <doctest/doctest.h>

#include "fixtures/http/limit_rows.h"
#include "request_rows.h"

using namespace appserver::http;
using namespace appserver::http::testing;

TEST_CASE("RequestParser: the limits of a head are exact") {
  check_rows(head_limits());
}

TEST_CASE("RequestParser: a body beyond its limit is refused as early as it is known") {
  check_rows(body_limits());
}

TEST_CASE("RequestParser: the default limits admit a head of many kilobytes") {
  check_rows(default_limits());
}

TEST_CASE("RequestParser: limits of zero are zero") {
  Limits limits;
  limits.body = 0;
  limits.fields = 0;
  check_rows({{{"no field, no body", "9110 5.4", "GET / HTTP/1.0\r\n\r\n", "GET / 1.0 close"},
               {"one field", "9110 5.4", "GET / HTTP/1.0\r\nX: y\r\n\r\n", "431"}},
              limits});
}

TEST_CASE("Limits: the cap on a head is a request line and eight fields, within 32 bits") {
  CHECK(Limits{}.head() == 9 * 8190);
  Limits absurd;
  absurd.request_line = absurd.field_size = std::size_t{1} << 60;
  CHECK(absurd.head() == std::size_t{1} << 30);
  absurd.request_line = 0;
  CHECK(absurd.head() == std::size_t{1} << 30);
}
