#pragma once

#include <algorithm>
#include <chrono>
#include <thread>

namespace appserver::test {

// Looks at `predicate` until it is true. Returns: whether it became true before the deadline.
// The only place of the tests where time is spent without an event to wait for; it is looked at
// often, so that a test takes no longer than the server. From one look to the next one second
// counts at most: virtual machines are paused for longer, and the server stands still meanwhile.
template <typename Predicate>
[[nodiscard]] bool becomes_true(std::chrono::milliseconds deadline, Predicate predicate) {
  using Clock = std::chrono::steady_clock;
  Clock::duration left = deadline;
  Clock::time_point looked = Clock::now();
  while (!predicate()) {
    if (left <= Clock::duration::zero()) {
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    const Clock::time_point now = Clock::now();
    left -= std::min<Clock::duration>(now - looked, std::chrono::seconds(1));
    looked = now;
  }
  return true;
}

}  // namespace appserver::test
