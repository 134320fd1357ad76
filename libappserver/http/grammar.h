#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace appserver::http {

// The letters and rules of RFC 9110 section 5.6 and RFC 3986 that several files share. Pure;
// nothing here depends on a locale. [any]

// A set of bytes: all ASCII letters and digits, plus the given punctuation. One load per question.
class CharClass {
 public:
  constexpr explicit CharClass(std::string_view punctuation) {
    for (char c = '0'; c <= '9'; ++c) {
      add(c);
    }
    for (char c = 'a'; c <= 'z'; ++c) {
      add(c);
      add(static_cast<char>(c - 'a' + 'A'));
    }
    for (const char c : punctuation) {
      add(c);
    }
  }

  [[nodiscard]] constexpr bool contains(char c) const {
    return set_[static_cast<unsigned char>(c)];
  }
  [[nodiscard]] constexpr bool contains_all(std::string_view text) const {
    for (const char c : text) {
      if (!contains(c)) {
        return false;
      }
    }
    return true;
  }

 private:
  constexpr void add(char c) { set_[static_cast<unsigned char>(c)] = true; }

  std::array<bool, 256> set_{};
};

// tchar, RFC 9110 section 5.6.2.
inline constexpr CharClass kTokenChars{"!#$%&'*+-.^_`|~"};

[[nodiscard]] constexpr bool is_token(std::string_view text) {
  return !text.empty() && kTokenChars.contains_all(text);
}

[[nodiscard]] constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

[[nodiscard]] constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

[[nodiscard]] constexpr bool is_hex_digit(char c) {
  return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'f');
}

// Compares without regard to ASCII case.
// Requires: `lower` is written in lower case.
[[nodiscard]] constexpr bool equals_lower(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) {
    return false;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (to_lower(text[i]) != lower[i]) {
      return false;
    }
  }
  return true;
}

// Without the optional white space around it (OWS, RFC 9110 section 5.6.3).
[[nodiscard]] constexpr std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
    text.remove_prefix(1);
  }
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
    text.remove_suffix(1);
  }
  return text;
}

// Calls visit(member) for each member of a comma-separated list, trimmed; empty members too,
// because some callers must refuse them. For lists of tokens: a comma in a quoted string splits.
template <typename Visit>
constexpr void for_each_member(std::string_view list, Visit visit) {
  for (;;) {
    const std::size_t comma = list.find(',');
    visit(trimmed(list.substr(0, comma)));
    if (comma == std::string_view::npos) {
      return;
    }
    list.remove_prefix(comma + 1);
  }
}

}  // namespace appserver::http
