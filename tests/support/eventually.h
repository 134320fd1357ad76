#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "support/becomes_true.h"

namespace appserver::test {

using std::chrono::milliseconds;
using std::chrono::seconds;
using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace): tests read better.

// Looks at `predicate` until it is true, as becomes_true() does, and ends the test case as failed
// when the deadline passes. `what` completes the sentence "did not happen in time: ...".
template <typename Predicate>
void eventually(milliseconds deadline, std::string_view what, Predicate predicate) {
  if (!becomes_true(deadline, predicate)) {
    FAIL("did not happen within " << deadline.count() << " ms: " << std::string(what));
  }
}

}  // namespace appserver::test
