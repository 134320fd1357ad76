#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include <appserver/url.hpp>

// Not part of the user's interface: reading If-Match and If-None-Match.
namespace appserver::detail {

struct EntityTag {
  bool weak = false;
  std::string_view opaque;  // with its quotes
};

// Takes the entity-tag from the front of `text` (RFC 9110 section 8.8.3). `W` is case-sensitive.
[[nodiscard]] constexpr std::optional<EntityTag> take_entity_tag(std::string_view& text) noexcept {
  const bool weak = text.starts_with("W/");
  const std::string_view tag = text.substr(weak ? 2 : 0);
  if (!tag.starts_with('"')) {
    return std::nullopt;
  }
  for (std::size_t at = 1; at < tag.size(); ++at) {
    if (tag[at] == '"') {
      text = tag.substr(at + 1);
      return EntityTag{weak, tag.substr(0, at + 1)};
    }
    const auto byte = static_cast<unsigned char>(tag[at]);
    if (byte <= ' ' || byte == 0x7F) {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

enum class TagComparison { Strong, Weak };  // RFC 9110 section 8.8.3.2

// Whether `list`, which is `*` or entity-tags between commas, has `own`. A comma may be part of a
// tag, so that splitting at commas would not do. A list with a fault has nothing.
[[nodiscard]] constexpr bool lists_tag(std::string_view list, const EntityTag& own,
                                       TagComparison how) noexcept {
  list = url::trim(list);
  if (list == "*") {
    return true;
  }
  bool found = false;
  while (!list.empty()) {
    if (list.front() != ',') {
      const std::optional<EntityTag> tag = take_entity_tag(list);
      list = url::trim(list);
      if (!tag || !(list.empty() || list.front() == ',')) {
        return false;
      }
      const bool comparable = how == TagComparison::Weak || (!tag->weak && !own.weak);
      found = found || (comparable && tag->opaque == own.opaque);
    }
    list = url::trim(list.substr(list.empty() ? 0 : 1));
  }
  return found;
}

}  // namespace appserver::detail
