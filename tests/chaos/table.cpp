#include "chaos/table.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace appserver::chaos {
namespace {

constexpr std::array<std::string_view, kColumns> kNames = {
    "requests",    "answered", "500",   "503",     "504",     "announced",
    "unannounced", "cut",      "reset", "refused", "timeout", "wrong"};
constexpr std::size_t kNameWidth = 42;
constexpr std::size_t kNarrowest = 6;
constexpr std::string_view kSlowest = "slowest ms";

std::string aligned_right(std::string_view text, std::size_t width) {
  std::string aligned(width - std::min(width, text.size()), ' ');
  return aligned.append(text);
}

std::size_t width_of(std::size_t column) {
  return std::max(kNarrowest, kNames[column].size()) + 1;
}

std::string first_column(std::string_view text) {
  std::string padded(text.substr(0, kNameWidth));
  padded.resize(kNameWidth, ' ');
  return padded;
}

}  // namespace

std::string table_head() {
  std::string line = first_column("event");
  for (std::size_t i = 0; i < kColumns; ++i) {
    line += aligned_right(kNames[i], width_of(i));
  }
  return line + "  " + std::string(kSlowest);
}

std::string table_row(std::string_view name, const Counts& counts) {
  std::string line = first_column(name);
  for (std::size_t i = 0; i < kColumns; ++i) {
    line += aligned_right(std::to_string(counts.numbers[i]), width_of(i));
  }
  std::array<char, 32> slowest;
  std::snprintf(slowest.data(), slowest.size(), "%.1f",
                static_cast<double>(counts.slowest.count()) / 1000.0);
  return line + "  " + aligned_right(slowest.data(), kSlowest.size());
}

std::string_view column_name(Column column) {
  return kNames[static_cast<std::size_t>(column)];
}

}  // namespace appserver::chaos
