#include "supervision/watch_verdict.h"

#include <chrono>

#include <doctest/doctest.h>

namespace appserver::supervision::test {

using namespace std::chrono_literals;

TEST_CASE("WatchVerdict: too few requests say nothing") {
  CHECK_FALSE(find_fault(WatchFigures{{99, 99, 1s}, {5000, 0, 1ms}, {}}, WatchLimits{}));
  CHECK(find_fault(WatchFigures{{100, 100, 1s}, {5000, 0, 1ms}, {}}, WatchLimits{}));
}

TEST_CASE("WatchVerdict: errors count by their share beyond that of blue") {
  const Figures blue{10'000, 200, 5ms};  // 2 %
  CHECK_FALSE(find_fault(WatchFigures{{1000, 30, 5ms}, blue, {}}, WatchLimits{}));
  const auto fault = find_fault(WatchFigures{{1000, 31, 5ms}, blue, {}}, WatchLimits{});
  REQUIRE(fault);
  CHECK(*fault ==
        "3.1 % of its 1000 answers were 5xx, against 2.0 % of 10000 in the release before it; the "
        "limit is 1.0 % "
        "more");
}

TEST_CASE("WatchVerdict: two errors among a hundred requests can be accidents") {
  CHECK_FALSE(find_fault(WatchFigures{{100, 2, 5ms}, {}, {}}, WatchLimits{}));
  CHECK(find_fault(WatchFigures{{100, 3, 5ms}, {}, {}}, WatchLimits{}));
}

TEST_CASE("WatchVerdict: blue is judged by the same time if it had enough requests in it") {
  const Figures green{1000, 50, 5ms};
  CHECK_FALSE(find_fault(WatchFigures{green, {100, 5, 5ms}, {90'000, 0, 5ms}}, WatchLimits{}));
  CHECK(find_fault(WatchFigures{green, {99, 5, 5ms}, {90'000, 0, 5ms}}, WatchLimits{}));
}

TEST_CASE("WatchVerdict: slowness counts by its factor, and not below the margin") {
  const Figures blue{1000, 0, 100ms};
  CHECK_FALSE(find_fault(WatchFigures{{1000, 0, 200ms}, blue, {}}, WatchLimits{}));
  const auto fault = find_fault(WatchFigures{{1000, 0, 201ms}, blue, {}}, WatchLimits{});
  REQUIRE(fault);
  CHECK(*fault ==
        "99 % of its requests took up to 201 ms, against 100 ms in the release before it; the "
        "limit is 200 ms");
  CHECK_FALSE(find_fault(WatchFigures{{1000, 0, 20ms}, {1000, 0, 1ms}, {}}, WatchLimits{}));
}

TEST_CASE("WatchVerdict: slowness is no fault without a measure, or when any is allowed") {
  CHECK_FALSE(find_fault(WatchFigures{{1000, 0, 1s}, {99, 0, 1ms}, {}}, WatchLimits{}));
  WatchLimits patient;
  patient.p99_percent = 0;
  CHECK_FALSE(find_fault(WatchFigures{{1000, 0, 1s}, {1000, 0, 1ms}, {}}, patient));
}

TEST_CASE("WatchVerdict: crashes beyond the limit count unless blue crashes as often") {
  WatchLimits limits;
  CHECK_FALSE(find_fault(WatchCrashes{0, 0}, limits));
  CHECK(find_fault(WatchCrashes{1, 0}, limits));
  CHECK_FALSE(find_fault(WatchCrashes{1, 1}, limits));
  limits.crashes = 2;
  CHECK_FALSE(find_fault(WatchCrashes{2, 0}, limits));
  CHECK(*find_fault(WatchCrashes{3, 2}, limits) ==
        "its workers crashed 3 times while it was watched; the limit is 2");
}

}  // namespace appserver::supervision::test
