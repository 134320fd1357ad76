#include <string>

#include <doctest/doctest.h>

#include "request_rows.h"

using namespace appserver::http;
using namespace appserver::http::testing;

namespace {

Limits small_limits() {
  Limits limits;
  limits.request_line = 20;
  limits.fields = 12;
  limits.field_size = 10;
  limits.body = 4;
  return limits;
}

// A request line of `size` bytes.
std::string line_of(std::size_t size) {
  const std::string around = "GET / HTTP/1.1";
  return "GET /" + std::string(size - around.size(), 'a') + " HTTP/1.1";
}

std::string field_lines(std::size_t count, const std::string& line) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) {
    all += line + "\r\n";
  }
  return all;
}

}  // namespace

TEST_CASE("RequestParser: the limits of a head are exact") {
  check_rows(
      {
          {"a request line that fits", line_of(20) + "\r\nHost: a\r\n\r\n", "GET /aaaaaa 1.1 keep"},
          {"one byte more (9110, 15.5.15)", line_of(21) + "\r\nHost: a\r\n\r\n", "414"},
          {"a request line that never ends", "GET /" + std::string(100, 'a'), "414"},
          {"a field that fits", get_with("X: 1234567\r\n"), "GET / 1.1 keep"},
          {"one byte more (6585, 5)", get_with("X: 12345678\r\n"), "431"},
          {"a field that never ends", "GET / HTTP/1.1\r\nX: " + std::string(100, 'a'), "431"},
          {"white space counts too", get_with("X:" + std::string(9, ' ') + "\r\n"), "431"},
          {"as many fields as allowed", get_with(field_lines(11, "X:")), "GET / 1.1 keep"},
          {"one more", get_with(field_lines(12, "X:")), "431"},
          {"dropped names count too", get_with(field_lines(12, "X_:")), "431"},
          // The head may have 20 + 8 * 10 bytes, of which 27 are used; five full fields are 60.
          {"the largest head", get_with(field_lines(5, "X: 1234567") + "X:123\r\nX:12\r\n"),
           "GET / 1.1 keep"},
          {"one byte more", get_with(field_lines(5, "X: 1234567") + "X:123\r\nX:123\r\n"), "431"},
          {"a head that never ends", get_with(field_lines(9, "X: 1234567")), "431"},
      },
      small_limits());
}

TEST_CASE("RequestParser: a body beyond its limit is refused as early as it is known") {
  Limits limits;
  limits.body = 4;
  check_rows(
      {{"a body that fits", post_with("Content-Length: 4\r\n", "abcd"),
        "POST / 1.1 keep body=abcd"},
       {"before any of it is sent (9110, 15.5.14)", post_with("Content-Length: 5\r\n", ""), "413"},
       {"chunks that fit", chunked("2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n"), "POST / 1.1 keep body=abcd"},
       {"a chunk that is announced", chunked("5\r\n"), "413"},
       {"chunks that add up", chunked("2\r\nab\r\n3\r\n"), "413"},
       {"the largest size there is", chunked("ffffffffffffffff\r\n"), "413"}},
      limits);
}

TEST_CASE("RequestParser: the default limits admit a head of many kilobytes") {
  const std::string long_field = "X: " + std::string(8187, 'y');
  check_rows({{"a full request line and seven full fields",
               line_of(8190) + "\r\nHost: a\r\n" + field_lines(7, long_field) + "\r\n",
               "GET /" + std::string(8190 - 14, 'a') + " 1.1 keep"},
              {"a hundred fields", get_with(field_lines(99, "X: y")), "GET / 1.1 keep"},
              {"one more", get_with(field_lines(100, "X: y")), "431"}});
}

TEST_CASE("RequestParser: limits of zero are zero") {
  Limits limits;
  limits.body = 0;
  limits.fields = 0;
  check_rows({{"no field, no body", "GET / HTTP/1.0\r\n\r\n", "GET / 1.0 close"},
              {"one field", "GET / HTTP/1.0\r\nX: y\r\n\r\n", "431"}},
             limits);
}

TEST_CASE("Limits: the cap on a head is a request line and eight fields, within 32 bits") {
  CHECK(Limits{}.head() == 9 * 8190);
  Limits absurd;
  absurd.request_line = absurd.field_size = std::size_t{1} << 60;
  CHECK(absurd.head() == std::size_t{1} << 30);
  absurd.request_line = 0;
  CHECK(absurd.head() == std::size_t{1} << 30);
}
