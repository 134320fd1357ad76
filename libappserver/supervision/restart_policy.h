#pragma once

#include <cstdint>
#include <optional>
#include <random>

#include "base/clock.h"
#include "supervision/policy.h"

namespace appserver::supervision {

// What one slot (or zygote) went through lately. A plain value; a fresh one means "no death yet".
struct RestartHistory {
  unsigned quick_deaths = 0;            // In a row.
  std::optional<TimePoint> not_before;  // The next start waits until then; empty: at once.
};

// Decides how long a dead worker's place stays empty: exponential back-off with jitter.
// Pure: the jitter comes from a pseudo-random engine, so that equal seeds decide equally.
// [master] Single-threaded.
class RestartPolicy {
 public:
  struct Verdict {
    Duration delay{};         // Zero: at once.
    bool crash_loop = false;  // So many quick deaths in a row that trying has become slow.
  };

  explicit RestartPolicy(std::uint32_t seed) : jitter_(seed) {}

  // Records a death at `now` in `history` and sets when the next start may be.
  // `served`: how long it was ready before it died; nullopt when it never was.
  Verdict record_death(RestartHistory& history, std::optional<Duration> served,
                       const RestartLimits& limits, TimePoint now);

 private:
  [[nodiscard]] Duration jittered(Duration delay, unsigned percent);

  std::minstd_rand jitter_;
};

}  // namespace appserver::supervision
