#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/clock.h"

namespace appserver::ipc {

// A bucket: a token is put back every `interval`; a full one has 1 + tolerance / interval.
struct TokenRate {
  Duration interval{};
  Duration tolerance{};
};

// The buckets of rate limits, shared by all workers: a hash table in the scoreboard's memory, that
// nobody locks. Zero bytes are an empty table.
//
// A bucket is one number, the time at which it is full again (the generic cell rate algorithm), so
// that taking a token is one compare-and-swap. One that is full is as good as none, and its place
// is free for another key. A key looks at a few places; when all of them hold buckets in use, it is
// not limited: some ten thousand clients at their limits are a matter for whoever stands in front.
//
// Keys are told apart by 64 bits of hash. Its start is random, so that nobody can choose a key that
// empties the bucket of another.
class TokenTable {
 public:
  static constexpr std::size_t kRoom = 64 * 1024;  // A mebibyte; what is not used is not allocated.

  // [master] Once, before the first fork.
  void set_seed(std::uint64_t random) noexcept { seed_ = random; }

  // [worker, any thread] Takes one token of the key's. Returns: zero when there was one, else how
  // long until there is.
  [[nodiscard]] Duration take(std::string_view key, TokenRate rate, TimePoint now) noexcept;

 private:
  static constexpr std::size_t kPlaces = 8;  // Of one key: two cache lines.

  struct Bucket {
    std::atomic<std::uint64_t> hash;    // 0: never used.
    std::atomic<std::int64_t> full_at;  // On the monotonic clock.
  };

  [[nodiscard]] std::uint64_t hash_of(std::string_view key) const noexcept;
  // Returns: the bucket of that hash, perhaps one that was another's; null if there is no room.
  [[nodiscard]] Bucket* find(std::uint64_t hash, TimePoint now) noexcept;

  std::uint64_t seed_;
  std::array<Bucket, kRoom> buckets_;
};

}  // namespace appserver::ipc
