#include "ipc/tally.h"

#include <chrono>

#include <doctest/doctest.h>

namespace appserver::ipc {

using namespace std::chrono_literals;

TEST_CASE("Tally: each bucket ends where the next one begins") {
  for (std::size_t bucket = 0; bucket + 1 < kTimeBuckets; ++bucket) {
    CAPTURE(bucket);
    CHECK(bucket_of(end_of_bucket(bucket)) == bucket + 1);
    CHECK(bucket_of(end_of_bucket(bucket) - 1us) == bucket);
  }
}

TEST_CASE("Tally: a bucket is no wider than a quarter of the times in it") {
  for (std::size_t bucket = 4; bucket + 1 < kTimeBuckets; ++bucket) {
    CAPTURE(bucket);
    const Duration begin = end_of_bucket(bucket - 1);
    CHECK((end_of_bucket(bucket) - begin) * 4 <= begin);
  }
}

TEST_CASE("Tally: times beyond all buckets are counted in the last one") {
  CHECK(bucket_of(24h) == kTimeBuckets - 1);
  CHECK(end_of_bucket(kTimeBuckets - 2) < 16s);
}

TEST_CASE("Tally: the time within which most requests were answered leaves out the few") {
  Tally tally;
  CHECK(tally.within(99) == Duration::zero());
  tally.times[bucket_of(10ms)] = 99;
  tally.times[bucket_of(2s)] = 1;
  CHECK(tally.requests() == 100);
  CHECK(tally.within(99) >= 10ms);
  CHECK(tally.within(99) <= 13ms);
  tally.times[bucket_of(2s)] = 2;
  CHECK(tally.within(99) >= 2s);
}

TEST_CASE("Tally: what happened in between is the later count less the earlier one") {
  Tally earlier;
  earlier.errors = 1;
  earlier.times[3] = 5;
  Tally later = earlier;
  later.errors += 2;
  later.times[3] += 7;
  later -= earlier;
  CHECK(later.errors == 2);
  CHECK(later.requests() == 7);
  later += earlier;
  CHECK(later.requests() == 12);
}

}  // namespace appserver::ipc
