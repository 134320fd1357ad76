#pragma once

#include <chrono>
#include <thread>

namespace appserver::test {

// Looks at `predicate` until it is true. Returns: whether it became true before the deadline.
// The only place of the tests where time is spent without an event to wait for; it is looked at
// often, so that a test takes no longer than the server.
template <typename Predicate>
[[nodiscard]] bool becomes_true(std::chrono::milliseconds deadline, Predicate predicate) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!predicate()) {
    if (std::chrono::steady_clock::now() >= end) {
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace appserver::test
