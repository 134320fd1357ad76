#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

// Not part of the user's interface: base64 as in RFC 4648 section 4.
namespace appserver::detail {

[[nodiscard]] constexpr int base64_value(char digit) noexcept {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::size_t at = kDigits.find(digit);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

// Strict: the padding has to be there, and the bits that it leaves over to be zero, so that every
// text has one encoding. Returns: nullopt for anything else.
[[nodiscard]] inline std::optional<std::string> base64_decode(std::string_view encoded) {
  if (encoded.size() % 4 != 0) {
    return std::nullopt;
  }
  const std::size_t padding = encoded.ends_with("==") ? 2 : (encoded.ends_with('=') ? 1 : 0);
  encoded.remove_suffix(padding);
  std::string decoded;
  decoded.reserve(encoded.size());
  std::uint32_t bits = 0;
  int count = 0;
  for (const char digit : encoded) {
    const int value = base64_value(digit);
    if (value < 0) {
      return std::nullopt;
    }
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      decoded.push_back(static_cast<char>((bits >> count) & 0xFFU));
    }
  }
  const std::uint32_t left_over = bits & ((1U << count) - 1);
  return left_over == 0 ? std::optional(std::move(decoded)) : std::nullopt;
}

}  // namespace appserver::detail
