#include "http/accept_encoding.h"

#include <cstddef>
#include <optional>
#include <string_view>

#include "http/grammar.h"

namespace appserver::http {
namespace {

using Quality = std::uint16_t;

constexpr Quality kMost = 1000;

// qvalue (RFC 9110 section 12.4.2): 0 or 1, and at most three digits behind a point, which are all
// zeros after a 1.
std::optional<Quality> read_quality(std::string_view text) {
  const bool has_form = !text.empty() && text.size() <= 5 && (text[0] == '0' || text[0] == '1') &&
                        (text.size() == 1 || text[1] == '.');
  if (!has_form) {
    return std::nullopt;
  }
  auto quality = static_cast<unsigned>(text[0] - '0') * kMost;
  unsigned place = kMost / 10;
  for (const char digit : text.substr(text.size() == 1 ? 1 : 2)) {
    if (!is_digit(digit)) {
      return std::nullopt;
    }
    quality += static_cast<unsigned>(digit - '0') * place;
    place /= 10;
  }
  return quality <= kMost ? std::optional(static_cast<Quality>(quality)) : std::nullopt;
}

// The quality behind a member's coding: `;q=0.5`; all of it if nothing follows.
std::optional<Quality> read_weight(std::string_view parameters) {
  if (parameters.empty()) {
    return kMost;
  }
  const std::string_view weight = trimmed(parameters.substr(1));
  return equals_lower(weight.substr(0, 2), "q=") ? read_quality(weight.substr(2)) : std::nullopt;
}

struct Named {
  std::optional<Quality> br;
  std::optional<Quality> gzip;
  std::optional<Quality> identity;
  std::optional<Quality> any;  // `*`

  std::optional<Quality>* find(std::string_view coding) {
    if (equals_lower(coding, "br")) {
      return &br;
    }
    if (equals_lower(coding, "gzip") || equals_lower(coding, "x-gzip")) {
      return &gzip;
    }
    if (equals_lower(coding, "identity")) {
      return &identity;
    }
    return coding == "*" ? &any : nullptr;
  }

  void read(std::string_view member) {
    const std::size_t end = member.find(';');
    auto* const place = find(trimmed(member.substr(0, end)));
    const auto weight =
        read_weight(end == std::string_view::npos ? std::string_view() : member.substr(end));
    if (place != nullptr && !place->has_value()) {
      *place = weight;
    }
  }
};

}  // namespace

AcceptedCodings read_accept_encoding(const RequestHead& head) {
  constexpr Quality kLeast = 1;
  Named named;
  for (const Field& field : head.fields) {
    if (equals_lower(field.name, "accept-encoding")) {
      for_each_member(field.value, [&named](std::string_view member) { named.read(member); });
    }
  }
  const Quality other = named.any.value_or(0);
  return {.br = named.br.value_or(other),
          .gzip = named.gzip.value_or(other),
          .identity = named.identity.value_or(named.any.value_or(kLeast))};
}

}  // namespace appserver::http
