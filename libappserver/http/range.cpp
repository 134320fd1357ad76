#include "http/range.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "http/grammar.h"

namespace appserver::http {
namespace {

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

// 1*DIGIT. A number without bounds is good syntax; one beyond 64 bits lies beyond every file, and
// the largest number does so as well.
std::optional<std::uint64_t> read_position(std::string_view text) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) {
    return std::nullopt;
  }
  std::uint64_t number = 0;
  for (const char c : text) {
    const auto digit = static_cast<std::uint64_t>(c - '0');
    number = number > (kMost - digit) / 10 ? kMost : number * 10 + digit;
  }
  return number;
}

// One range-spec (RFC 9110 section 14.1.2), cut to the representation.
struct Spec {
  bool is_valid = false;
  ByteRange range;  // Empty when it is unsatisfiable.
};

// The last `length` bytes, all of them if there are fewer.
Spec read_suffix(std::string_view text, std::uint64_t size) {
  const auto length = read_position(text);
  if (!length) {
    return {};
  }
  const std::uint64_t taken = std::min(*length, size);
  return {true, {size - taken, taken}};
}

Spec read_spec(std::string_view text, std::uint64_t size) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) {
    return {};
  }
  const std::string_view end = text.substr(dash + 1);
  if (dash == 0) {
    return read_suffix(end, size);
  }
  const auto first = read_position(text.substr(0, dash));
  const auto last = end.empty() ? std::optional(kMost) : read_position(end);
  if (!first || !last || *last < *first) {
    return {};
  }
  if (*first >= size) {
    return {true, {}};
  }
  return {true, {*first, std::min(*last, size - 1) - *first + 1}};
}

bool overlap(const ByteRange& a, const ByteRange& b) {
  return a.offset < b.offset + b.length && b.offset < a.offset + a.length;
}

// The set behind `bytes=`; nothing when the unit is another one. Units are case-insensitive (14.1).
std::optional<std::string_view> range_set(std::string_view range) {
  constexpr std::string_view kUnit = "bytes=";
  if (!equals_lower(range.substr(0, kUnit.size()), kUnit)) {
    return std::nullopt;
  }
  return range.substr(kUnit.size());
}

}  // namespace

RangeSelection select_ranges(std::string_view range, std::uint64_t size) {
  const auto set = range_set(range);
  if (!set || size == 0) {
    return {};
  }
  RangeSelection selection;
  std::size_t members = 0;
  bool ignored = false;
  for_each_member(*set, [&](std::string_view member) {
    if (ignored || member.empty()) {  // Empty members are allowed (RFC 9110 section 5.6.1.2).
      return;
    }
    const Spec spec = read_spec(member, size);
    ++members;
    const auto kept = selection.ranges();
    if (!spec.is_valid || members > RangeSelection::kMostRanges ||
        std::any_of(kept.begin(), kept.end(),
                    [&spec](const ByteRange& other) { return overlap(spec.range, other); })) {
      ignored = true;
    } else if (spec.range.length > 0) {
      selection.ranges_[selection.count_++] = spec.range;
    }
  });
  if (ignored || members == 0) {
    return {};
  }
  selection.kind_ =
      selection.count_ > 0 ? RangeSelection::Kind::Parts : RangeSelection::Kind::Unsatisfiable;
  return selection;
}

}  // namespace appserver::http
