#include "file_name.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <iterator>
#include <sys/random.h>
#include <system_error>

#include <boost/locale/utf.hpp>

#include <appserver/part.hpp>

namespace upload {
namespace {

namespace utf = boost::locale::utf;
using Utf8 = utf::utf_traits<char>;

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::size_t kRandomBytes = 16;
constexpr std::size_t kMaxName = 255;

bool is_ascii_letter_or_digit(char byte) noexcept {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= '0' && byte <= '9');
}

// The C1 controls, and the marks of the bidirectional algorithm (Unicode annex 9); those of ASCII
// are gone already.
bool is_hidden(utf::code_point code) noexcept {
  return (code >= 0x80 && code < 0xA0) || code == 0x200E || code == 0x200F || code == 0x061C ||
         (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

}  // namespace

std::string new_id() {
  std::array<unsigned char, kRandomBytes> bytes;
  if (::getentropy(bytes.data(), bytes.size()) != 0) {
    throw std::system_error(errno, std::generic_category(), "random bytes for the name of a file");
  }
  std::string id;
  for (const unsigned char byte : bytes) {
    id.push_back(kHexDigits[byte >> 4U]);
    id.push_back(kHexDigits[byte & 0xFU]);
  }
  return id;
}

bool is_id(std::string_view text) noexcept {
  return text.size() == 2 * kRandomBytes &&
         text.find_first_not_of(kHexDigits) == std::string_view::npos;
}

std::string kept_name(std::string_view given) {
  constexpr utf::code_point kReplacement = 0xFFFD;
  const std::string plain = appserver::plain_file_name(given);
  std::string kept;
  const char* at = plain.data();
  const char* const end = at + plain.size();
  while (at != end) {
    const char* const begin = at;
    utf::code_point code = Utf8::decode(at, end);
    if (!utf::is_valid_codepoint(code)) {
      at = begin + 1;  // What follows may be good again.
      code = kReplacement;
    }
    if (is_hidden(code)) {
      continue;
    }
    if (kept.size() + static_cast<std::size_t>(Utf8::width(code)) > kMaxName) {
      break;
    }
    Utf8::encode(code, std::back_inserter(kept));
  }
  return kept.empty() ? "unnamed" : kept;
}

std::string attachment(std::string_view name) {
  constexpr std::string_view kEscapeDigits = "0123456789ABCDEF";
  // attr-char of RFC 8187 section 3.2.1, beside letters and digits.
  constexpr std::string_view kMarks = "!#$&+-.^_`|~";
  std::string ascii;
  std::string encoded;
  for (const char byte : name) {
    const bool is_plain =
        is_ascii_letter_or_digit(byte) || kMarks.find(byte) != std::string_view::npos;
    ascii.push_back(is_plain || byte == ' ' ? byte : '_');
    if (is_plain) {
      encoded.push_back(byte);
    } else {
      const auto code = static_cast<unsigned char>(byte);
      encoded.append({'%', kEscapeDigits[code >> 4U], kEscapeDigits[code & 0xFU]});
    }
  }
  return "attachment; filename=\"" + ascii + "\"; filename*=UTF-8''" + encoded;
}

}  // namespace upload
