#include <charconv>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "http/accept_encoding.h"
#include "http/conditional.h"
#include "http/date.h"
#include "http/date_syntax.h"
#include "http/media_type.h"
#include "http/range.h"
#include "require.h"

// Reads what a client may say about which part, version or form of a file it wants, and stops when
// a promise of these readers is broken. Seeds: seeds/range_conditional. Their first line is the
// size of the file, the second one the method, each further one a field.

namespace {

using namespace appserver::http;
using appserver::fuzz::require;

constexpr std::chrono::sys_seconds kNow{std::chrono::seconds(1785240000)};

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

RequestHead read_head(std::string_view text) {
  RequestHead head;
  head.method = take_line(text);
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos) {
      std::string_view value = line.substr(colon + 1);
      value.remove_prefix(value.starts_with(' ') ? 1 : 0);
      head.fields.push_back({line.substr(0, colon), value});
    }
  }
  return head;
}

void check_range(std::string_view range, std::uint64_t size) {
  const RangeSelection selection = select_ranges(range, size);
  const auto parts = selection.ranges();
  require(parts.empty() == (selection.kind() != RangeSelection::Kind::Parts));
  require(parts.size() <= RangeSelection::kMostRanges);
  std::uint64_t left = size;
  for (const ByteRange& part : parts) {
    require(part.length > 0 && part.length <= left);
    require(part.offset < size && part.length <= size - part.offset);
    left -= part.length;
    for (const ByteRange& other : parts) {
      require(&other == &part || part.offset + (part.length - 1) < other.offset ||
              other.offset + (other.length - 1) < part.offset);
    }
  }
}

void check_date(std::string_view value) {
  const auto time = parse_date(value, kNow);
  if (time && *time >= std::chrono::sys_seconds()) {
    DateCache cache;
    // A leap second may lead to the year 10000, which cannot be written.
    const bool is_writable = *time < std::chrono::sys_days(std::chrono::year(10000) / 1 / 1);
    require(!is_writable || parse_date(cache.text(*time), kNow) == time);
  }
}

void check_conditions(const RequestHead& head, const Validators& validators, std::uint64_t size) {
  const Conditions conditions = read_conditions(head, validators, kNow);
  const bool only_reads = head.method == "GET" || head.method == "HEAD";
  require(conditions.precondition != Precondition::NotModified || only_reads);
  require(conditions.range.empty() || head.method == "GET");
  check_range(conditions.range, size);
}

// A tag is equal to itself.
void check_tag(std::string_view value) {
  if (is_entity_tag(value)) {
    RequestHead head;
    head.method = "GET";
    head.fields = {{"If-None-Match", value}};
    require(read_conditions(head, {value, {}}, kNow).precondition == Precondition::NotModified);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t input_size) {
  const std::string bytes(input, input + input_size);
  std::string_view text = bytes;
  const std::string_view number = take_line(text);
  std::uint64_t size = 0;
  std::from_chars(number.data(), number.data() + number.size(), size);
  const RequestHead head = read_head(text);
  check_conditions(head, {"\"v1\"", kNow - std::chrono::hours(1)}, size);
  check_conditions(head, {"W/\"v1\"", {}}, size);
  check_conditions(head, {}, size);
  for (const Field& field : head.fields) {
    check_range(field.value, size);
    check_date(field.value);
    check_tag(field.value);
    require(!media_type_of(field.value).empty());
  }
  const AcceptedCodings accepted = read_accept_encoding(head);
  require(accepted.br <= 1000 && accepted.gzip <= 1000 && accepted.identity <= 1000);
  return 0;
}
