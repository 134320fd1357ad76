#include "http/date_syntax.h"

#include <chrono>
#include <string_view>

#include <doctest/doctest.h>

#include "http/date.h"

using namespace appserver::http;
using std::chrono::seconds;
using std::chrono::sys_seconds;

namespace {

constexpr sys_seconds at(long long count) {
  return sys_seconds(seconds(count));
}

constexpr sys_seconds kNow = at(1785240000);  // Tue, 28 Jul 2026 12:00:00 GMT

}  // namespace

TEST_CASE("parse_date: the three formats name the same second (RFC 9110 section 5.6.7)") {
  CHECK(parse_date("Sun, 06 Nov 1994 08:49:37 GMT", kNow) == at(784111777));
  CHECK(parse_date("Sunday, 06-Nov-94 08:49:37 GMT", kNow) == at(784111777));
  CHECK(parse_date("Sun Nov  6 08:49:37 1994", kNow) == at(784111777));
  CHECK(parse_date("Wed Nov 16 08:49:37 1994", kNow) == at(784975777));
}

TEST_CASE("parse_date: reads what DateCache writes") {
  DateCache cache;
  for (const long long second : {0LL, 951782400LL, 1709164800LL, 4107542399LL, 253402300799LL}) {
    CHECK(parse_date(cache.text(at(second)), kNow) == at(second));
  }
}

TEST_CASE("parse_date: the edges of the calendar and of the day") {
  CHECK(parse_date("Tue, 29 Feb 2000 00:00:00 GMT", kNow) == at(951782400));
  CHECK_FALSE(parse_date("Mon, 29 Feb 2100 00:00:00 GMT", kNow));
  CHECK_FALSE(parse_date("Sun, 31 Nov 1994 08:49:37 GMT", kNow));
  CHECK_FALSE(parse_date("Sun, 00 Nov 1994 08:49:37 GMT", kNow));
  CHECK_FALSE(parse_date("Sun, 06 Nov 1994 24:00:00 GMT", kNow));
  CHECK_FALSE(parse_date("Sun, 06 Nov 1994 08:60:00 GMT", kNow));
  CHECK_FALSE(parse_date("Sun, 06 Nov 1994 08:49:61 GMT", kNow));
  CHECK(parse_date("Thu, 01 Jan 1970 00:00:00 GMT", kNow) == at(0));
  CHECK(parse_date("Thu, 01 Jan 0001 00:00:00 GMT", kNow) == at(-62135596800));
}

TEST_CASE("parse_date: a leap second is the one after it (RFC 9110 section 5.6.7)") {
  CHECK(parse_date("Sat, 31 Dec 2016 23:59:60 GMT", kNow) == at(1483228800));
}

TEST_CASE("parse_date: two digits of a year mean at most 50 years ahead (section 5.6.7)") {
  CHECK(parse_date("Tuesday, 28-Jul-26 12:00:00 GMT", kNow) == kNow);
  const auto year_of = [](std::string_view text, sys_seconds now) {
    const auto time = parse_date(text, now);
    REQUIRE(time);
    const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(*time));
    return static_cast<int>(date.year());
  };
  CHECK(year_of("Tuesday, 28-Jul-76 12:00:00 GMT", kNow) == 2076);
  CHECK(year_of("Tuesday, 28-Jul-76 12:00:01 GMT", kNow) == 1976);
  CHECK(year_of("Tuesday, 31-Dec-75 23:59:59 GMT", kNow) == 2075);
  CHECK(year_of("Friday, 01-Jan-77 00:00:00 GMT", kNow) == 1977);
  CHECK(year_of("Saturday, 01-Jan-00 00:00:00 GMT", kNow) == 2000);
  CHECK(year_of("Friday, 31-Dec-99 00:00:00 GMT", kNow) == 1999);
  // Late in a century, and on a day that does not exist 50 years later.
  const auto late = parse_date("Fri, 29 Feb 2080 00:00:00 GMT", kNow);
  REQUIRE(late);
  CHECK(year_of("Friday, 28-Feb-30 00:00:00 GMT", *late) == 2130);
  CHECK(year_of("Friday, 01-Mar-30 00:00:00 GMT", *late) == 2030);
  CHECK(year_of("Friday, 01-Mar-80 00:00:00 GMT", *late) == 2080);
  CHECK(year_of("Friday, 01-Mar-81 00:00:00 GMT", *late) == 2081);
}

TEST_CASE("parse_date: anything else is no date") {
  for (const std::string_view text : {
           "",
           "0",
           "784111777",
           "1994-11-06T08:49:37Z",
           "Sun, 6 Nov 1994 08:49:37 GMT",
           "Sun, 06 Nov 1994 08:49:37",
           "Sun, 06 Nov 1994 08:49:37 UTC",
           "Sun, 06 Nov 1994 08:49:37 gmt",
           "Sun, 06 Nov 1994 08:49:37 GMT ",
           " Sun, 06 Nov 1994 08:49:37 GMT",
           "Sun, 06 Nov 1994 08:49:37 +0000",
           "Sun,06 Nov 1994 08:49:37 GMT",
           "Sun, 06  Nov 1994 08:49:37 GMT",
           "sun, 06 Nov 1994 08:49:37 GMT",
           "Sun, 06 nov 1994 08:49:37 GMT",
           "Sun, 06 NOV 1994 08:49:37 GMT",
           "Xxx, 06 Nov 1994 08:49:37 GMT",
           "Sun, 06 Xxx 1994 08:49:37 GMT",
           "Sun, 06 Nov 94 08:49:37 GMT",
           "Sun, 06 Nov 19940 08:49:37 GMT",
           "Sun, 06 Nov 1994 8:49:37 GMT",
           "Sun, 06 Nov 1994 08:49 GMT",
           "Sun, 06 Nov 1994 08.49.37 GMT",
           "Sun, -6 Nov 1994 08:49:37 GMT",
           "Sun, 06 Nov +994 08:49:37 GMT",
           "Sunday, 06 Nov 1994 08:49:37 GMT",
           "Sun, 06-Nov-94 08:49:37 GMT",
           "Sunday, 06-Nov-1994 08:49:37 GMT",
           "Sunday, 06-Nov-94 08:49:37",
           "Sun Nov 6 08:49:37 1994",
           "Sun Nov 06 08:49:37 1994 GMT",
           "Sun Nov   6 08:49:37 1994",
           "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
       }) {
    CAPTURE(text);
    CHECK_FALSE(parse_date(text, kNow));
  }
}
