#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

// What a user probably meant. All functions are pure. [any]
namespace appserver::config {

// The number of single-character insertions, deletions, replacements and swaps of neighbours that
// turn `from` into `to` (optimal string alignment).
[[nodiscard]] std::size_t edit_distance(std::string_view from, std::string_view to);

// The known name that is closest to `wrong`, ignoring case.
// Returns: nullopt when none is so close that a slip of the fingers explains the difference; the
// first of several equally close ones.
[[nodiscard]] std::optional<std::string> nearest_name(std::string_view wrong,
                                                      std::span<const std::string> known);

}  // namespace appserver::config
