#include "ipc/token_table.h"

#include <algorithm>

#include "ipc/seeded_hash.h"

namespace appserver::ipc {
namespace {

std::int64_t number_of(TimePoint time) noexcept {
  return time.time_since_epoch().count();
}

}  // namespace

std::uint64_t TokenTable::hash_of(std::string_view key) const noexcept {
  return std::max(SeededHash(seed_).add(key).value(), std::uint64_t{1});
}

TokenTable::Bucket* TokenTable::find(std::uint64_t hash, TimePoint now) noexcept {
  // The low bits of this hash depend on the last bytes alone.
  const std::size_t first = (hash >> 32U) ^ hash;
  // Whoever loses a free place to another key looks once more, and not for ever.
  for (std::size_t attempt = 0; attempt < kPlaces; ++attempt) {
    Bucket* free = nullptr;
    std::uint64_t owner = 0;
    for (std::size_t i = 0; i < kPlaces; ++i) {
      Bucket& bucket = buckets_[(first + i) % kRoom];
      const std::uint64_t held = bucket.hash.load(std::memory_order_relaxed);
      if (held == hash) {
        return &bucket;
      }
      if (free == nullptr && bucket.full_at.load(std::memory_order_relaxed) <= number_of(now)) {
        free = &bucket;
        owner = held;
      }
    }
    // Its time is over, hence need not be set: it says that the bucket is full.
    if (free == nullptr || free->hash.compare_exchange_strong(owner, hash)) {
      return free;
    }
  }
  return nullptr;
}

Duration TokenTable::take(std::string_view key, TokenRate rate, TimePoint now) noexcept {
  Bucket* const bucket = find(hash_of(key), now);
  if (bucket == nullptr) {
    return Duration::zero();
  }
  std::int64_t seen = bucket->full_at.load(std::memory_order_relaxed);
  while (true) {
    const std::int64_t full_at = std::max(seen, number_of(now));
    const Duration missing{full_at - number_of(now)};
    if (missing > rate.tolerance) {
      return missing - rate.tolerance;
    }
    if (bucket->full_at.compare_exchange_weak(seen, full_at + rate.interval.count(),
                                              std::memory_order_relaxed)) {
      return Duration::zero();
    }
  }
}

}  // namespace appserver::ipc
