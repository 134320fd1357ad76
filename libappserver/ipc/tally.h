#pragma once

#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"

// How many requests were answered, how, and in what time: what a deploy is judged by. [any] Pure.
namespace appserver::ipc {

// Times are counted in buckets, four in each power of two: a time is known to a quarter of itself,
// from 128 microseconds up to 16 seconds.
inline constexpr std::size_t kTimeBuckets = 64;

// Of a non-negative time; longer ones than 16 s fall into the last bucket.
[[nodiscard]] constexpr std::size_t bucket_of(Duration time) noexcept {
  const auto ticks = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(time).count() / 128);
  if (ticks < 4) {
    return ticks;
  }
  // The three highest bits: the first is always set, the others choose among four.
  const auto exponent = static_cast<unsigned>(std::bit_width(ticks)) - 3U;
  const std::size_t bucket = 4 * exponent + (ticks >> exponent);
  return bucket < kTimeBuckets ? bucket : kTimeBuckets - 1;
}

// The time at which the next bucket begins.
[[nodiscard]] constexpr Duration end_of_bucket(std::size_t bucket) noexcept {
  const std::size_t next = bucket + 1;
  const std::uint64_t ticks = next < 4 ? next : (4 + next % 4) << (next / 4 - 1);
  return std::chrono::microseconds(ticks * 128);
}

struct Tally {
  std::uint64_t errors = 0;  // Answered 5xx.
  std::array<std::uint64_t, kTimeBuckets> times{};

  [[nodiscard]] std::uint64_t requests() const noexcept {
    std::uint64_t sum = 0;
    for (const std::uint64_t count : times) {
      sum += count;
    }
    return sum;
  }
  // The time within which `percent` of the requests were answered, a quarter too long at most; zero
  // when there were none.
  [[nodiscard]] Duration within(unsigned percent) const noexcept;

  Tally& operator+=(const Tally& other) noexcept;
  // Requires: `other` is an earlier state of the same count.
  Tally& operator-=(const Tally& other) noexcept;
};

}  // namespace appserver::ipc
