#include "ipc/tally.h"

namespace appserver::ipc {

Duration Tally::within(unsigned percent) const noexcept {
  const std::uint64_t all = requests();
  if (all == 0) {
    return Duration::zero();
  }
  const std::uint64_t wanted = (all * percent + 99) / 100;  // Rounded up.
  std::uint64_t seen = 0;
  std::size_t bucket = 0;
  for (; bucket + 1 < kTimeBuckets; ++bucket) {
    seen += times[bucket];
    if (seen >= wanted) {
      break;
    }
  }
  return end_of_bucket(bucket);
}

Tally& Tally::operator+=(const Tally& other) noexcept {
  errors += other.errors;
  for (std::size_t bucket = 0; bucket < kTimeBuckets; ++bucket) {
    times[bucket] += other.times[bucket];
  }
  return *this;
}

Tally& Tally::operator-=(const Tally& other) noexcept {
  errors -= other.errors;
  for (std::size_t bucket = 0; bucket < kTimeBuckets; ++bucket) {
    times[bucket] -= other.times[bucket];
  }
  return *this;
}

}  // namespace appserver::ipc
