#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "config/options.h"

namespace appserver::config {

// In the order of the enumerators, as people write them.
inline constexpr std::array<std::string_view, 4> kLogLevels{"debug", "info", "warning", "error"};

constexpr std::string_view name_of(LogLevel level) {
  return kLogLevels[static_cast<std::size_t>(level)];
}

// Nothing: there is no such level.
constexpr std::optional<LogLevel> log_level_named(std::string_view name) {
  for (std::size_t i = 0; i < kLogLevels.size(); ++i) {
    if (kLogLevels[i] == name) {
      return static_cast<LogLevel>(i);
    }
  }
  return std::nullopt;
}

}  // namespace appserver::config
