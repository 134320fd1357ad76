#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "config/options.h"

// What a log record says, before it has a time and a level. Rendering is pure: no clock, no pid.
namespace appserver::observe {

// Who writes the log: part of every record. A plain value.
struct Identity {
  std::string role;  // "master", "zygote", "worker"
  std::optional<unsigned> slot = std::nullopt;
  std::optional<unsigned> generation = std::nullopt;
};

// A value of several lines, such as a stack.
struct Lines {
  std::span<const std::string> texts;
};

// One named value of a record. Holds views: use it as a temporary argument only. [any]
// Made from anything that is text, an integer, a floating-point number or a bool, so that callers
// need no casts; an unsigned value beyond the range of std::int64_t is logged as its maximum.
struct Field {
  using Value = std::variant<std::string_view, std::int64_t, double, bool, Lines>;

  template <typename T>
  requires(std::is_arithmetic_v<T> || std::convertible_to<const T&, std::string_view>)
      Field(std::string_view name, const T& content)
      : key(name), value(to_value(content)) {}
  Field(std::string_view name, Lines lines) : key(name), value(lines) {}

  std::string_view key;
  Value value;

 private:
  template <typename T>
  static Value to_value(const T& content) {
    if constexpr (std::is_same_v<T, bool>) {
      return content;
    } else if constexpr (std::is_floating_point_v<T>) {
      return static_cast<double>(content);
    } else if constexpr (std::is_integral_v<T>) {
      constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
      return std::cmp_greater(content, kMax) ? kMax : static_cast<std::int64_t>(content);
    } else {
      return std::string_view(content);
    }
  }
};

// The part of a text record after time, pid and level, without the end of line:
//   worker 3 gen 2: message key=value other="quoted value"
// A value is quoted when it is empty or holds a space, a quote, '=' or something to escape. Lines
// follow the record, each on a line of its own that begins with four spaces, without their key.
// Errors: std::bad_alloc.
[[nodiscard]] std::string text_payload(const Identity& identity, std::string_view message,
                                       std::span<const Field> fields);

// The same for JSON: members of an object without its braces, fields below "appserver.":
//   "message":"...","appserver.role":"worker","appserver.slot":3,"appserver.key":"value"
// A key with a dot in it is a name of the Elastic Common Schema ("error.stack_trace") and stays as
// it is. Always valid UTF-8 without control bytes: what is not printable becomes the text \xNN.
// Of several fields with one key the first counts, so that readers agree on what was said.
// Errors: std::bad_alloc.
[[nodiscard]] std::string json_payload(const Identity& identity, std::string_view message,
                                       std::span<const Field> fields);

// A record as one object for programs that follow what happens: "at" (seconds since the epoch),
// "level", "message", and each field by its key. As careful as json_payload().
[[nodiscard]] std::string event_json(double at, config::LogLevel level, std::string_view message,
                                     std::span<const Field> fields);

}  // namespace appserver::observe
