#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <thread>

#include <doctest/doctest.h>

namespace appserver::test {

using std::chrono::milliseconds;
using std::chrono::seconds;
using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace): tests read better.

// Looks at `predicate` until it is true. Returns: whether it became true before the deadline.
// The only place of the tests where time is spent without an event to wait for; it is looked at
// often, so that a test takes no longer than the server.
template <typename Predicate>
[[nodiscard]] bool becomes_true(milliseconds deadline, Predicate predicate) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!predicate()) {
    if (std::chrono::steady_clock::now() >= end) {
      return false;
    }
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

// The same, and ends the test case as failed when the deadline passes. `what` completes the
// sentence "did not happen in time: ...".
template <typename Predicate>
void eventually(milliseconds deadline, std::string_view what, Predicate predicate) {
  if (!becomes_true(deadline, predicate)) {
    FAIL("did not happen within " << deadline.count() << " ms: " << std::string(what));
  }
}

}  // namespace appserver::test
