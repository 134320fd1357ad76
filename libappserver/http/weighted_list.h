#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "http/grammar.h"

namespace appserver::http {

// Lists whose members have weights: Accept, Accept-Encoding. Pure, without allocation. [any]

// A weight in thousandths (RFC 9110 section 12.4.2): `0`, `0.25`, `1`, `1.000`.
// Returns: none for any other text.
[[nodiscard]] constexpr std::optional<unsigned> read_weight(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1') ||
      (text.size() > 1 && text[1] != '.')) {
    return std::nullopt;
  }
  unsigned weight = text[0] == '1' ? 1000 : 0;
  unsigned place = 100;
  for (const char digit : text.substr(text.size() < 2 ? text.size() : 2)) {
    if (!is_digit(digit)) {
      return std::nullopt;
    }
    weight += place * static_cast<unsigned>(digit - '0');
    place /= 10;
  }
  return weight <= 1000 ? std::optional<unsigned>(weight) : std::nullopt;
}

// The weight that a member's parameters give it: those of `;q=0.5` or `;level=1;q=0.5`; 1 when no
// parameter is a weight. Returns: none when the weight is malformed.
[[nodiscard]] constexpr std::optional<unsigned> weight_among(std::string_view parameters) {
  while (!parameters.empty()) {
    parameters.remove_prefix(1);  // The semicolon.
    const std::size_t end = parameters.find(';');
    const std::string_view parameter = trimmed(parameters.substr(0, end));
    if (parameter.size() >= 2 && to_lower(parameter[0]) == 'q' && parameter[1] == '=') {
      return read_weight(parameter.substr(2));
    }
    parameters.remove_prefix(end == std::string_view::npos ? parameters.size() : end);
  }
  return 1000;
}

// Calls visit(value, weight) for each member of a list, the value without its parameters. A member
// without a value or with a malformed weight is left out: nobody can say what it asks for.
template <typename Visit>
constexpr void for_each_weighted(std::string_view list, Visit visit) {
  for_each_member(list, [&visit](std::string_view member) {
    const std::size_t end = member.find(';');
    const std::string_view value = trimmed(member.substr(0, end));
    const std::string_view parameters =
        end == std::string_view::npos ? std::string_view() : member.substr(end);
    const auto weight = weight_among(parameters);
    if (!value.empty() && weight) {
      visit(value, *weight);
    }
  });
}

}  // namespace appserver::http
