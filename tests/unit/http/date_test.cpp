#include "http/date.h"

#include <chrono>
#include <string>

#include <doctest/doctest.h>

using namespace appserver::http;
using namespace std::chrono_literals;

namespace {

std::chrono::sys_seconds at(long long seconds) {
  return std::chrono::sys_seconds(std::chrono::seconds(seconds));
}

}  // namespace

TEST_CASE("DateCache: writes IMF-fixdate (RFC 9110 section 5.6.7)") {
  DateCache cache;
  CHECK(cache.text(at(784111777)) == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(cache.text(at(0)) == "Thu, 01 Jan 1970 00:00:00 GMT");
  CHECK(cache.text(at(951782400)) == "Tue, 29 Feb 2000 00:00:00 GMT");
  CHECK(cache.text(at(4107542399)) == "Sun, 28 Feb 2100 23:59:59 GMT");
  CHECK(cache.text(at(4107542400)) == "Mon, 01 Mar 2100 00:00:00 GMT");
  CHECK(cache.text(at(1735689599)) == "Tue, 31 Dec 2024 23:59:59 GMT");
}

TEST_CASE("DateCache: the same second gives the same text, another second another one") {
  DateCache cache;
  const std::string first(cache.text(at(784111777)));
  CHECK(cache.text(at(784111777)) == first);
  CHECK(cache.text(at(784111778)) != first);
  CHECK(cache.text(at(784111777)) == first);  // A clock that was set back.
}

TEST_CASE("DateCache: seconds that do not fit are clamped") {
  DateCache cache;
  CHECK(cache.text(at(-1)) == "Thu, 01 Jan 1970 00:00:00 GMT");
  CHECK(cache.text(at(253402300799)) == "Fri, 31 Dec 9999 23:59:59 GMT");
  CHECK(cache.text(at(253402300800)) == "Fri, 31 Dec 9999 23:59:59 GMT");
}
