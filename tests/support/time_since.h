#pragma once

#include <chrono>

namespace appserver::test {

// Whole milliseconds, so that a failed comparison prints a number that people can read.
[[nodiscard]] inline std::chrono::milliseconds time_since(
    std::chrono::steady_clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               start);
}

}  // namespace appserver::test
