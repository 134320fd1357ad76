#include "http/accept_encoding.h"

#include <cstddef>
#include <optional>
#include <string_view>

#include "http/grammar.h"
#include "http/weighted_list.h"

namespace appserver::http {
namespace {

using Quality = std::uint16_t;

constexpr Quality kMost = 1000;

// The quality behind a member's coding: `;q=0.5`; all of it if nothing follows.
std::optional<Quality> quality_behind(std::string_view parameters) {
  if (parameters.empty()) {
    return kMost;
  }
  const std::string_view parameter = trimmed(parameters.substr(1));
  const auto weight =
      equals_lower(parameter.substr(0, 2), "q=") ? read_weight(parameter.substr(2)) : std::nullopt;
  return weight ? std::optional(static_cast<Quality>(*weight)) : std::nullopt;
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
        quality_behind(end == std::string_view::npos ? std::string_view() : member.substr(end));
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
