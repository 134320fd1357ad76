#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <appserver/url.hpp>

// Not part of the user's interface: route patterns such as "/users/{id}/files/{path*}".
namespace appserver::detail {

// Bounds the room that a request needs for captured values, so that none is allocated.
constexpr std::size_t kMaxParameters = 8;

// The values that a matched pattern captured. `values[i]` belongs to the i-th name of the pattern.
struct PathParameters {
  std::array<std::string_view, kMaxParameters> values;
  std::size_t count = 0;
};

enum class SegmentKind { Literal, Parameter, Rest };

struct PatternSegment {
  SegmentKind kind;
  std::string text;  // the literal, or the parameter's name
};

[[noreturn]] inline void refuse_pattern(std::string_view pattern, std::string_view why) {
  throw std::invalid_argument("route pattern \"" + std::string(pattern) +
                              "\": " + std::string(why));
}

[[nodiscard]] inline bool is_parameter_name(std::string_view name) noexcept {
  const auto is_letter = [](char byte) {
    const char lower = url::to_lower(byte);
    return (lower >= 'a' && lower <= 'z') || byte == '_';
  };
  const auto is_word = [is_letter](char byte) {
    return is_letter(byte) || (byte >= '0' && byte <= '9');
  };
  return !name.empty() && is_letter(name.front()) && std::all_of(name.begin(), name.end(), is_word);
}

// Errors: throws std::invalid_argument that names the pattern; so do the functions below.
inline void check_literal(std::string_view literal, std::string_view pattern) {
  if (literal.find_first_of("{}") != std::string_view::npos) {
    refuse_pattern(pattern, "a parameter takes a whole segment: write /{name}/ or /{name*}");
  }
  if (literal.find_first_of("?#") != std::string_view::npos) {
    refuse_pattern(pattern, "the query is no part of a pattern: read it with Request::query()");
  }
  if (literal.find('\0') != std::string_view::npos) {
    refuse_pattern(pattern, "contains a NUL byte, which no path can match");
  }
  for (std::size_t at = 0; at < literal.size(); ++at) {
    if (url::escaped_byte(literal.substr(at))) {
      refuse_pattern(pattern, "is percent-encoded: write it decoded, as matching is done");
    }
  }
}

[[nodiscard]] inline PatternSegment parse_segment(std::string_view segment,
                                                  std::string_view pattern) {
  if (segment.size() < 2 || segment.front() != '{' || segment.back() != '}') {
    check_literal(segment, pattern);
    return {SegmentKind::Literal, std::string(segment)};
  }
  std::string_view name = segment.substr(1, segment.size() - 2);
  const bool takes_rest = !name.empty() && name.back() == '*';
  if (takes_rest) {
    name.remove_suffix(1);
  }
  if (!is_parameter_name(name)) {
    refuse_pattern(pattern,
                   "a parameter's name is letters, digits and underscores, and "
                   "does not begin with a digit");
  }
  return {takes_rest ? SegmentKind::Rest : SegmentKind::Parameter, std::string(name)};
}

inline void check_parameters(const std::vector<PatternSegment>& segments,
                             std::string_view pattern) {
  std::vector<std::string_view> names;
  for (std::size_t at = 0; at < segments.size(); ++at) {
    const PatternSegment& segment = segments[at];
    if (segment.kind == SegmentKind::Literal) {
      continue;
    }
    if (segment.kind == SegmentKind::Rest && at + 1 != segments.size()) {
      refuse_pattern(pattern, "{" + segment.text + "*} takes the rest and must come last");
    }
    if (std::find(names.begin(), names.end(), segment.text) != names.end()) {
      refuse_pattern(pattern, "the parameter {" + segment.text + "} occurs twice");
    }
    names.push_back(segment.text);
  }
  if (names.size() > kMaxParameters) {
    refuse_pattern(pattern, "more than " + std::to_string(kMaxParameters) + " parameters");
  }
}

// Splits a pattern at its slashes; "/" has one segment, which is empty.
[[nodiscard]] inline std::vector<PatternSegment> parse_pattern(std::string_view pattern) {
  if (pattern.empty() || pattern.front() != '/') {
    refuse_pattern(pattern, "must begin with a slash");
  }
  std::vector<PatternSegment> segments;
  for (std::size_t begin = 1; begin <= pattern.size();) {
    const std::size_t end = std::min(pattern.find('/', begin), pattern.size());
    segments.push_back(parse_segment(pattern.substr(begin, end - begin), pattern));
    begin = end + 1;
  }
  check_parameters(segments, pattern);
  return segments;
}

}  // namespace appserver::detail
