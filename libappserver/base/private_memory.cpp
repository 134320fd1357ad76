#include "base/private_memory.h"

#include <charconv>
#include <fstream>
#include <iterator>
#include <string>

namespace appserver {
namespace {

std::string read(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::optional<std::uint64_t> field_of(std::string_view text, std::string_view name) {
  for (std::size_t at = text.find(name); at != std::string_view::npos;
       at = text.find(name, at + 1)) {
    if (at != 0 && text[at - 1] != '\n') {
      continue;  // The end of a longer name.
    }
    std::string_view rest = text.substr(at + name.size());
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    std::uint64_t kibibytes = 0;
    const auto parsed = std::from_chars(rest.data(), rest.data() + rest.size(), kibibytes);
    return parsed.ec == std::errc{} ? std::optional(kibibytes * 1024) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> sum_of_fields(std::string_view text, std::string_view one,
                                           std::string_view other) {
  const auto first = field_of(text, one);
  const auto second = field_of(text, other);
  return first && second ? std::optional(*first + *second) : std::nullopt;
}

std::optional<std::uint64_t> private_memory() {
  return sum_of_fields(read("/proc/self/smaps_rollup"), "Private_Dirty:", "SwapPss:");
}

std::optional<std::uint64_t> mapped_memory() {
  return sum_of_fields(read("/proc/self/status"), "VmRSS:", "VmSwap:");
}

}  // namespace appserver
