#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

// The small text formats inside a request: percent-encoding, query strings, cookies, and names that
// are compared ignoring case. Pure functions on views: they keep nothing and, unless they return a
// std::string, allocate nothing. [any]
namespace appserver::url {

// The value of one hexadecimal digit, or -1 for any other byte.
[[nodiscard]] constexpr int hex_value(char digit) noexcept {
  if (digit >= '0' && digit <= '9') {
    return digit - '0';
  }
  if (digit >= 'a' && digit <= 'f') {
    return digit - 'a' + 10;
  }
  if (digit >= 'A' && digit <= 'F') {
    return digit - 'A' + 10;
  }
  return -1;
}

// The byte that the escape at the start of `text` stands for ("%41bc" gives 'A').
// Returns: nullopt when `text` does not begin with '%' and two hexadecimal digits.
[[nodiscard]] constexpr std::optional<char> escaped_byte(std::string_view text) noexcept {
  if (text.size() < 3 || text[0] != '%') {
    return std::nullopt;
  }
  const int high = hex_value(text[1]);
  const int low = hex_value(text[2]);
  if (high < 0 || low < 0) {
    return std::nullopt;
  }
  return static_cast<char>(high * 16 + low);
}

// Replaces every escape by its byte, strictly (RFC 3986 section 2.1); '+' stays a plus sign.
// Returns: nullopt when a '%' is not followed by two hexadecimal digits.
[[nodiscard]] inline std::optional<std::string> percent_decode(std::string_view encoded) {
  std::string decoded;
  decoded.reserve(encoded.size());
  for (std::size_t at = 0; at < encoded.size(); ++at) {
    if (encoded[at] != '%') {
      decoded.push_back(encoded[at]);
      continue;
    }
    const std::optional<char> byte = escaped_byte(encoded.substr(at));
    if (!byte) {
      return std::nullopt;
    }
    decoded.push_back(*byte);
    at += 2;
  }
  return decoded;
}

// Decodes one name or value of a query string as browsers encode forms: '+' is a space, escapes are
// replaced. A malformed escape is kept as it is written, as the URL standard demands, because a
// stray '%' in a search box is no reason to refuse the request.
[[nodiscard]] inline std::string query_decode(std::string_view encoded) {
  std::string decoded;
  decoded.reserve(encoded.size());
  for (std::size_t at = 0; at < encoded.size(); ++at) {
    if (const std::optional<char> byte = escaped_byte(encoded.substr(at))) {
      decoded.push_back(*byte);
      at += 2;
    } else {
      decoded.push_back(encoded[at] == '+' ? ' ' : encoded[at]);
    }
  }
  return decoded;
}

// `text` without the spaces and tabs around it.
[[nodiscard]] constexpr std::string_view trim(std::string_view text) noexcept {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Calls `visit(name, value)` for each `name=value` of a list, in order and undecoded, until `visit`
// returns true. A field without '=' has an empty value; empty fields are skipped.
// Used with '&' for query strings and with ';' for cookies.
template <typename Visit>
void visit_fields(std::string_view list, char separator, Visit&& visit) {
  for (std::size_t begin = 0; begin < list.size();) {
    const std::size_t end = std::min(list.find(separator, begin), list.size());
    const std::string_view field = list.substr(begin, end - begin);
    begin = end + 1;
    if (field.empty()) {
      continue;
    }
    const std::size_t equals = std::min(field.find('='), field.size());
    const std::string_view value = field.substr(std::min(equals + 1, field.size()));
    if (visit(field.substr(0, equals), value)) {
      return;
    }
  }
}

// Whether the encoded name of a query field means `wanted`. Decodes only names that need it.
[[nodiscard]] inline bool names_field(std::string_view encoded, std::string_view wanted) {
  if (encoded.find_first_of("%+") == std::string_view::npos) {
    return encoded == wanted;
  }
  // Decoding never makes text longer, so that a shorter name cannot be the wanted one.
  return encoded.size() >= wanted.size() && query_decode(encoded) == wanted;
}

// `letter` in lower case if it is an ASCII capital. Not std::tolower, which depends on the locale.
[[nodiscard]] constexpr char to_lower(char letter) noexcept {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

// Whether two header names are the same (RFC 9110 section 5.1: case does not matter).
[[nodiscard]] constexpr bool same_name(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return to_lower(x) == to_lower(y);
         });
}

// Whether `text` is a token (RFC 9110 section 5.6.2), the form of methods, header and cookie names.
[[nodiscard]] constexpr bool is_token(std::string_view text) noexcept {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [kMarks](char byte) {
    const char lower = to_lower(byte);
    return (byte >= '0' && byte <= '9') || (lower >= 'a' && lower <= 'z') ||
           kMarks.find(byte) != std::string_view::npos;
  });
}

}  // namespace appserver::url
