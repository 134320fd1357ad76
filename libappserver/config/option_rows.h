#pragma once

#include <cstdint>
#include <span>

#include "config/option_table.h"

// The rows of the option table, group by group; option_table() puts them together.
namespace appserver::config {

// Bounds that many rows share.
inline constexpr std::chrono::milliseconds kShortest{1};
// Beyond a week a time is a slip of the keyboard; it also keeps every sum of times far from
// overflow.
inline constexpr std::chrono::milliseconds kLongest = std::chrono::hours{7 * 24};
// What RFC 2616 section 14.21 called "never expires".
inline constexpr std::chrono::milliseconds kYear = std::chrono::hours{365 * 24};
inline constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20U;
inline constexpr std::uint64_t kTebibyte = std::uint64_t{1} << 40U;

// Lifetime: static. [any]
[[nodiscard]] std::span<const OptionRow> socket_rows();
[[nodiscard]] std::span<const OptionRow> process_rows();
[[nodiscard]] std::span<const OptionRow> lifecycle_rows();
[[nodiscard]] std::span<const OptionRow> deploy_rows();
[[nodiscard]] std::span<const OptionRow> control_rows();
[[nodiscard]] std::span<const OptionRow> client_rows();
[[nodiscard]] std::span<const OptionRow> limit_rows();
[[nodiscard]] std::span<const OptionRow> surrounding_rows();
[[nodiscard]] std::span<const OptionRow> log_rows();

}  // namespace appserver::config
