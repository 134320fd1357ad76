#include "observe/escape.h"

#include <cstdint>

namespace appserver::observe {
namespace {

constexpr unsigned char kDel = 0x7F;

bool is_continuation(unsigned char byte) {
  return (byte & 0xC0) == 0x80;
}

// A character that is well-formed and yet may not be shown as it is.
bool disturbs_the_line(std::uint32_t code_point) {
  const bool c1_control = code_point >= 0x80 && code_point <= 0x9F;
  // U+2028 and U+2029 separate lines; U+202A to U+202E reorder what follows them.
  const bool separator_or_override = code_point >= 0x2028 && code_point <= 0x202E;
  const bool isolate = code_point >= 0x2066 && code_point <= 0x2069;
  return c1_control || separator_or_override || isolate;
}

// The length that a lead byte announces; 0 for a byte that cannot lead. C0, C1 and F5 to FF never
// occur in UTF-8 (RFC 3629, section 4).
std::size_t announced_length(unsigned char lead) {
  if (lead >= 0xC2 && lead <= 0xDF) {
    return 2;
  }
  if (lead >= 0xE0 && lead <= 0xEF) {
    return 3;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    return 4;
  }
  return 0;
}

bool is_overlong_or_out_of_range(std::uint32_t code_point, std::size_t length) {
  if (length == 3) {
    const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
    return code_point < 0x800 || surrogate;
  }
  if (length == 4) {
    return code_point < 0x1'0000 || code_point > 0x10'FFFF;
  }
  return false;
}

std::size_t multibyte_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t length = announced_length(lead);
  if (length == 0 || length > text.size()) {
    return 0;
  }
  // The lead byte of an n-byte character carries 7 - n bits.
  std::uint32_t code_point = lead & ((1U << (7 - length)) - 1U);
  for (std::size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (!is_continuation(byte)) {
      return 0;
    }
    code_point = (code_point << 6) | (byte & 0x3FU);
  }
  if (is_overlong_or_out_of_range(code_point, length) || disturbs_the_line(code_point)) {
    return 0;
  }
  return length;
}

void append_escaped_byte(std::string& out, char byte) {
  switch (byte) {
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      append_hex_escape(out, static_cast<unsigned char>(byte));
  }
}

}  // namespace

std::size_t printable_length(std::string_view text) noexcept {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) {
    return first >= 0x20 && first != kDel ? 1 : 0;
  }
  return multibyte_length(text);
}

void append_hex_escape(std::string& out, unsigned char byte) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  out += "\\x";
  out += kDigits[byte >> 4];
  out += kDigits[byte & 0x0F];
}

void append_escaped(std::string& out, std::string_view text, Quotes quotes) {
  while (!text.empty()) {
    const char first = text.front();
    const std::size_t length = printable_length(text);
    if (length == 0) {
      append_escaped_byte(out, first);
      text.remove_prefix(1);
      continue;
    }
    if (first == '\\' || (first == '"' && quotes == Quotes::Escape)) {
      out += '\\';
    }
    out += text.substr(0, length);
    text.remove_prefix(length);
  }
}

}  // namespace appserver::observe
