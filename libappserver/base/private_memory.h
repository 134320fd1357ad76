#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

// How much memory this process has, as the kernel counts it (proc(5)). [any]
namespace appserver {

// Memory that is nobody else's: what would become free if the process ended. Private_Dirty and
// SwapPss of smaps_rollup; pages that are shared with the process it was forked from, and files
// that are mapped, do not count. The kernel walks through all pages for it: a millisecond for some
// hundred MiB.
// Returns: bytes; nothing when the kernel does not tell.
[[nodiscard]] std::optional<std::uint64_t> private_memory();

// Everything that is mapped and in memory or swapped out, shared or not: never less than
// private_memory(), and read at once.
[[nodiscard]] std::optional<std::uint64_t> mapped_memory();

// The sum of two fields of a text whose lines are "NAME:   NUMBER kB", in bytes. Pure.
// Returns: nothing when one of them is not there.
[[nodiscard]] std::optional<std::uint64_t> sum_of_fields(std::string_view text,
                                                         std::string_view one,
                                                         std::string_view other);

}  // namespace appserver
