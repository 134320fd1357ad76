#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// The texts of numbers with units. All functions are pure. [any]
namespace appserver::config {

// A whole number in decimal digits, with an optional minus sign and nothing around it.
[[nodiscard]] std::optional<std::int64_t> parse_integer(std::string_view text);

// Seconds, fractions allowed ("0.5"), or a number followed by ms, s, m, h or d ("500ms", "2m").
// What is finer than a millisecond is rounded up, so that only a zero becomes zero.
// Returns: nullopt for anything else, negative and overflowing values included.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

// Bytes, or a number followed by K, M, G or T in either case, which are powers of 1024.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);

// An octal file mode from 0 to 0777, as chmod(1) takes it: "022", "77".
[[nodiscard]] std::optional<unsigned> parse_mode(std::string_view text);

// "true", "yes", "on" and "1", and their opposites.
[[nodiscard]] std::optional<bool> parse_flag(std::string_view text);

// The shortest text that parses back to the same value: "30s", "500ms", "16M", "8190", "022".
[[nodiscard]] std::string format_duration(std::chrono::milliseconds duration);
[[nodiscard]] std::string format_size(std::uint64_t bytes);
[[nodiscard]] std::string format_mode(unsigned mode);

}  // namespace appserver::config
