#include "http/range.h"

#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace appserver::http;

namespace {

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

// "whole", "416", or the parts as "OFFSET+LENGTH", separated by spaces.
std::string describe(const RangeSelection& selection) {
  if (selection.kind() == RangeSelection::Kind::Whole) {
    return selection.ranges().empty() ? "whole" : "whole with parts";
  }
  std::string text = selection.kind() == RangeSelection::Kind::Unsatisfiable ? "416" : "";
  for (const ByteRange& range : selection.ranges()) {
    text += (text.empty() ? "" : " ") + std::to_string(range.offset) + "+" +
            std::to_string(range.length);
  }
  return text;
}

struct Row {
  std::string intent;  // With the section of RFC 9110.
  std::string range;
  std::uint64_t size;
  std::string outcome;
};

void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    CAPTURE(row.intent);
    CAPTURE(row.range);
    CHECK(describe(select_ranges(row.range, row.size)) == row.outcome);
  }
}

std::string repeated(std::size_t count, std::uint64_t step) {
  std::string set = "bytes=";
  for (std::size_t i = 0; i < count; ++i) {
    const std::string at = std::to_string(i * step);
    set += (i == 0 ? "" : ",") + at + "-" + at;
  }
  return set;
}

}  // namespace

TEST_CASE("select_ranges: one range is cut to the representation (RFC 9110 section 14.1.2)") {
  check({
      {"14.1.2 first and last position", "bytes=0-499", 10000, "0+500"},
      {"14.1.2 in the middle", "bytes=500-999", 10000, "500+500"},
      {"14.1.2 one byte", "bytes=0-0", 10000, "0+1"},
      {"14.1.2 the last byte", "bytes=9999-9999", 10000, "9999+1"},
      {"14.1.2 the whole as a range is a part", "bytes=0-9999", 10000, "0+10000"},
      {"14.1.2 an open end", "bytes=9500-", 10000, "9500+500"},
      {"14.1.2 an open end from the start", "bytes=0-", 10000, "0+10000"},
      {"14.1.2 a last position beyond the end", "bytes=9999-10000", 10000, "9999+1"},
      {"14.1.2 a suffix", "bytes=-500", 10000, "9500+500"},
      {"14.1.2 a suffix of one", "bytes=-1", 10000, "9999+1"},
      {"14.1.2 a suffix longer than the whole", "bytes=-10001", 10000, "0+10000"},
      {"14.1 units are case-insensitive", "BYTES=1-2", 10, "1+2"},
      {"14.1.2 leading zeros", "bytes=0001-002", 10, "1+2"},
      {"14.1.2 a number beyond 64 bits as the end", "bytes=5-99999999999999999999", 10, "5+5"},
      {"14.1.2 a number beyond 64 bits as the suffix", "bytes=-99999999999999999999", 10, "0+10"},
      {"14.1.2 the end of the largest size", "bytes=-1", kMost, "18446744073709551614+1"},
      {"14.1.2 all of the largest size", "bytes=0-18446744073709551615", kMost,
       "0+18446744073709551615"},
  });
}

TEST_CASE("select_ranges: nothing satisfiable is 416 (RFC 9110 sections 14.1.2 and 15.5.17)") {
  check({
      {"14.1.2 a first position at the end", "bytes=10000-", 10000, "416"},
      {"14.1.2 beyond the end", "bytes=10001-20000", 10000, "416"},
      {"14.1.2 an empty suffix", "bytes=-0", 10000, "416"},
      {"15.5.17 none of several", "bytes=10000-10001, -0,20000-", 10000, "416"},
      {"14.1.2 a number beyond 64 bits", "bytes=99999999999999999999-", 10000, "416"},
      {"14.1.2 two of them", "bytes=99999999999999999999-99999999999999999998", 10000, "416"},
      {"14.1.2 the largest number", "bytes=18446744073709551615-", kMost, "416"},
  });
}

TEST_CASE("select_ranges: several ranges keep their order (RFC 9110 sections 14.1.2, 15.3.7.2)") {
  check({
      {"14.1.2 two", "bytes=0-0,-1", 10000, "0+1 9999+1"},
      {"15.3.7.2 in descending order", "bytes=500-599,0-99", 10000, "500+100 0+100"},
      {"14.1.2 three kinds with spaces", "bytes= 0-999, 4500-5499 ,\t-1000", 10000,
       "0+1000 4500+1000 9000+1000"},
      {"5.6.1.2 empty members", "bytes=,1-2, ,,4-5,", 10, "1+2 4+2"},
      {"14.1.2 what is beyond the end is left out", "bytes=0-1,10-11", 10, "0+2"},
      {"14.1.2 also in front", "bytes=10-,-0,3-3", 10, "3+1"},
      {"14.2 neighbours do not overlap", "bytes=0-4,5-9", 10, "0+5 5+5"},
      {"14.2 sixteen are allowed", repeated(16, 2), 32,
       "0+1 2+1 4+1 6+1 8+1 10+1 12+1 14+1 16+1 18+1 20+1 22+1 24+1 26+1 28+1 30+1"},
  });
}

TEST_CASE("select_ranges: what is not understood is ignored (RFC 9110 section 14.2)") {
  check({
      {"14.2 no field", "", 10, "whole"},
      {"14.2 an unknown unit", "lines=0-1", 10, "whole"},
      {"14.2 a longer unit", "bytesx=0-1", 10, "whole"},
      {"14.1.1 no equals sign", "bytes 0-1", 10, "whole"},
      {"14.1.1 a space before it", "bytes =0-1", 10, "whole"},
      {"14.1.1 only the unit", "bytes", 10, "whole"},
      {"14.1.1 no set", "bytes=", 10, "whole"},
      {"14.1.1 a set of empty members", "bytes=, ,", 10, "whole"},
      {"14.1.1 no dash", "bytes=5", 10, "whole"},
      {"14.1.1 only a dash", "bytes=-", 10, "whole"},
      {"14.1.1 two dashes", "bytes=1--2", 10, "whole"},
      {"14.1.1 a negative number", "bytes=--1", 10, "whole"},
      {"14.1.1 a sign", "bytes=+1-2", 10, "whole"},
      {"14.1.1 a space inside", "bytes=1 -2", 10, "whole"},
      {"14.1.1 another space inside", "bytes=1- 2", 10, "whole"},
      {"14.1.1 hexadecimal", "bytes=0x1-2", 10, "whole"},
      {"14.1.1 letters", "bytes=a-b", 10, "whole"},
      {"14.1.1 letters behind", "bytes=1-2x", 10, "whole"},
      {"14.1.1 semicolons", "bytes=0-1;3-4", 10, "whole"},
      {"14.1.1 last before first", "bytes=5-4", 10, "whole"},
      {"14.1.1 last before first, beyond the end", "bytes=50-40", 10, "whole"},
      {"14.1.1 a fault behind good members", "bytes=0-1,x", 10, "whole"},
      {"14.1.1 a fault behind members beyond the end", "bytes=20-30,x", 10, "whole"},
  });
}

TEST_CASE("select_ranges: sets that only an attacker needs are ignored (RFC 9110 section 17.15)") {
  std::string everything = "bytes=0-";
  for (int i = 0; i < 1000; ++i) {
    everything += ",0-";
  }
  check({
      {"17.15 everything a thousand times", everything, 10, "whole"},
      {"14.2 two that overlap by a byte", "bytes=0-5,5-9", 10, "whole"},
      {"14.2 the same twice", "bytes=3-3,3-3", 10, "whole"},
      {"14.2 one inside another", "bytes=0-9,4-5", 10, "whole"},
      {"14.2 one around another", "bytes=4-5,0-9", 10, "whole"},
      {"14.2 a suffix over an open end", "bytes=5-,-1", 10, "whole"},
      {"14.2 seventeen", repeated(17, 2), 34, "whole"},
      {"14.2 seventeen, most beyond the end", repeated(17, 2), 4, "whole"},
  });
}

TEST_CASE("select_ranges: an empty representation is sent whole") {
  for (const char* range : {"bytes=0-", "bytes=0-0", "bytes=-1", "bytes=-0", "bytes=5-6,7-8"}) {
    CAPTURE(range);
    CHECK(describe(select_ranges(range, 0)) == "whole");
  }
}

namespace {

// Whether all that the header promises about the parts is true.
bool keeps_its_promises(const RangeSelection& selection, std::uint64_t size) {
  const auto parts = selection.ranges();
  if (parts.empty() == (selection.kind() == RangeSelection::Kind::Parts) ||
      parts.size() > RangeSelection::kMostRanges) {
    return false;
  }
  std::uint64_t left = size;  // For parts that do not overlap.
  for (const ByteRange& part : parts) {
    const bool is_inside =
        part.length > 0 && part.offset < size && part.length <= size - part.offset;
    if (!is_inside || part.length > left) {
      return false;
    }
    left -= part.length;
    for (const ByteRange& other : parts) {
      const bool is_apart = part.offset + (part.length - 1) < other.offset ||
                            other.offset + (other.length - 1) < part.offset;
      if (&other != &part && !is_apart) {
        return false;
      }
    }
  }
  return true;
}

}  // namespace

TEST_CASE("select_ranges: whatever is asked, parts lie inside, apart, and are no more than all") {
  std::mt19937_64 random(20260728);
  const std::vector<std::string> numbers = {"",
                                            "0",
                                            "1",
                                            "2",
                                            "9",
                                            "10",
                                            "40",
                                            "63",
                                            "64",
                                            "65",
                                            "9223372036854775807",
                                            "18446744073709551614",
                                            "18446744073709551615",
                                            "18446744073709551616",
                                            "x"};
  const std::vector<std::uint64_t> sizes = {0, 1, 2, 10, 64, 65, 1U << 20U, kMost / 2, kMost};
  int with_several_parts = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string range = "bytes=";
    for (auto left = random() % 5; left > 0; --left) {
      range += numbers[random() % numbers.size()] + "-" + numbers[random() % numbers.size()] + ",";
    }
    const std::uint64_t size = sizes[random() % sizes.size()];
    const RangeSelection selection = select_ranges(range, size);
    if (!keeps_its_promises(selection, size)) {
      FAIL("of " << size << " bytes " << range << " selects " << describe(selection));
    }
    if (selection.ranges().size() > 1) {
      ++with_several_parts;
    }
  }
  CHECK(with_several_parts > 500);  // What is asked above is not all nonsense.
}
