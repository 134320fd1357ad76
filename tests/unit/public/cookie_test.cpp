#include <chrono>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include <appserver/cookie.hpp>

using appserver::SameSite;
using appserver::SetCookie;
using appserver::to_header_value;

namespace {

bool is_refused(const SetCookie& cookie) {
  try {
    static_cast<void>(to_header_value(cookie));
  } catch (const std::invalid_argument& error) {
    CHECK(std::string(error.what()).find("\"" + cookie.name + "\"") != std::string::npos);
    return true;
  }
  return false;
}

}  // namespace

TEST_CASE("SetCookie: all attributes are written, in their order") {
  using namespace std::chrono_literals;
  CHECK(to_header_value({.name = "__Secure-sid",
                         .value = "x",
                         .path = "/a",
                         .domain = "example.org",
                         .max_age = 60s,
                         .expires = std::chrono::sys_seconds(784111777s),
                         .secure = true,
                         .same_site = SameSite::Strict,
                         .partitioned = true}) ==
        "__Secure-sid=x; Path=/a; Domain=example.org; Max-Age=60; "
        "Expires=Sun, 06 Nov 1994 08:49:37 GMT; Secure; HttpOnly; SameSite=Strict; Partitioned");
}

TEST_CASE("SetCookie: what browsers would drop without a word is refused") {
  CHECK(is_refused({.name = "a", .same_site = SameSite::None}));
  CHECK(is_refused({.name = "a", .partitioned = true}));
  CHECK_FALSE(is_refused({.name = "a", .secure = true, .same_site = SameSite::None}));
  CHECK(is_refused({.name = "__Secure-a"}));
  CHECK(is_refused({.name = "__secure-a"}));
  CHECK_FALSE(is_refused({.name = "__Secure-a", .path = "/x", .secure = true}));
  CHECK(is_refused({.name = "__Host-a"}));
  CHECK(is_refused({.name = "__Host-a", .path = "/x", .secure = true}));
  CHECK(is_refused({.name = "__Host-a", .path = "", .secure = true}));
  CHECK(is_refused({.name = "__HOST-a", .domain = "example.org", .secure = true}));
  CHECK_FALSE(is_refused({.name = "__Host-a", .secure = true}));
  CHECK_FALSE(is_refused({.name = "__Hostile"}));
  CHECK(is_refused({.name = "a", .path = "x"}));
  CHECK(is_refused({.name = "a", .value = std::string(4096, 'x')}));
  CHECK_FALSE(is_refused({.name = "a", .value = std::string(4095, 'x')}));
  CHECK(is_refused({.name = "a", .path = "/" + std::string(1024, 'x')}));
}

TEST_CASE("SetCookie: expired() deletes the cookie with the attributes that it was set with") {
  CHECK(to_header_value(
            appserver::expired({.name = "__Host-sid", .value = "secret", .secure = true})) ==
        "__Host-sid=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure; "
        "HttpOnly; SameSite=Lax");
}

TEST_CASE("to_http_date: days and months are those of the calendar") {
  using namespace std::chrono;
  const auto date = [](sys_days day) { return appserver::detail::to_http_date(day); };
  CHECK(date(2024y / February / 29) == "Thu, 29 Feb 2024 00:00:00 GMT");
  CHECK(date(1999y / December / 31) == "Fri, 31 Dec 1999 00:00:00 GMT");
  CHECK(date(9999y / January / 1) == "Fri, 01 Jan 9999 00:00:00 GMT");
}
