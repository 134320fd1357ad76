#include "config/units.h"

#include <doctest/doctest.h>

using namespace appserver::config;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

TEST_CASE("Units: a duration is a number of seconds or a number with a unit") {
  CHECK(parse_duration("30") == seconds(30));
  CHECK(parse_duration("0") == milliseconds(0));
  CHECK(parse_duration("0.5") == milliseconds(500));
  CHECK(parse_duration("500ms") == milliseconds(500));
  CHECK(parse_duration("30s") == seconds(30));
  CHECK(parse_duration("2m") == minutes(2));
  CHECK(parse_duration("1.5h") == minutes(90));
  CHECK(parse_duration("7d") == hours(7 * 24));
}

TEST_CASE("Units: what is finer than a millisecond is rounded up, so that it never becomes zero") {
  CHECK(parse_duration("0.0001") == milliseconds(1));
  CHECK(parse_duration("1.2345") == milliseconds(1235));
}

TEST_CASE("Units: the error of a binary fraction does not add a millisecond") {
  CHECK(parse_duration("0.30000000000000004") == milliseconds(300));
}

TEST_CASE("Units: a text that is not a duration is refused") {
  for (const char* const text :
       {"", "s", "-1", "+1", "1 s", " 1", "1x", "1.", ".5", "1e3", "inf", "nan", "1S", "0x10",
        "99999999999999999999", "9999999999999999d"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_duration(text));
  }
}

TEST_CASE("Units: a size is a number of bytes or a number with a power of 1024") {
  CHECK(parse_size("8190") == 8190);
  CHECK(parse_size("64K") == 65536);
  CHECK(parse_size("16m") == 16 * 1024 * 1024);
  CHECK(parse_size("1G") == std::uint64_t{1} << 30U);
  CHECK(parse_size("1T") == std::uint64_t{1} << 40U);
}

TEST_CASE("Units: a text that is not a size is refused") {
  for (const char* const text : {"", "M", "-1", "1.5M", "1 M", "1MB", "1KiB", "16777217T"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_size(text));
  }
}

TEST_CASE("Units: a mode is octal and at most 0777") {
  CHECK(parse_mode("022") == 022U);
  CHECK(parse_mode("0") == 0U);
  CHECK(parse_mode("777") == 0777U);
  for (const char* const text : {"", "8", "1000", "-1", "0o22", "0x1", "22 "}) {
    CAPTURE(text);
    CHECK_FALSE(parse_mode(text));
  }
}

TEST_CASE("Units: an integer has no blanks, units or fractions") {
  CHECK(parse_integer("-12") == -12);
  for (const char* const text : {"", "1.0", "+1", "1 ", "0x1", "9223372036854775808"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_integer(text));
  }
}

TEST_CASE("Units: a flag is one of the usual words") {
  for (const char* const text : {"true", "yes", "on", "1"}) {
    CHECK(parse_flag(text) == true);
  }
  for (const char* const text : {"false", "no", "off", "0"}) {
    CHECK(parse_flag(text) == false);
  }
  CHECK_FALSE(parse_flag("maybe").has_value());
  CHECK_FALSE(parse_flag("").has_value());
}

TEST_CASE("Units: formatted values are short") {
  CHECK(format_duration(milliseconds(0)) == "0s");
  CHECK(format_duration(milliseconds(1500)) == "1500ms");
  CHECK(format_duration(seconds(90)) == "90s");
  CHECK(format_duration(hours(2)) == "2h");
  CHECK(format_duration(hours(7 * 24)) == "7d");
  CHECK(format_size(0) == "0");
  CHECK(format_size(8190) == "8190");
  CHECK(format_size(1536) == "1536");
  CHECK(format_size(64 * 1024) == "64K");
  CHECK(format_mode(022) == "022");
  CHECK(format_mode(0777) == "777");
}

TEST_CASE("Units: a formatted value parses back to itself") {
  for (const int count : {0, 1, 999, 1000, 60'000, 3'600'000, 86'400'000, 90'061'001}) {
    CHECK(parse_duration(format_duration(milliseconds(count))) == milliseconds(count));
    const auto bytes = static_cast<std::uint64_t>(count) * 1024;
    CHECK(parse_size(format_size(bytes)) == bytes);
  }
  for (unsigned mode = 0; mode <= 0777; ++mode) {
    CHECK(parse_mode(format_mode(mode)) == mode);
  }
}
