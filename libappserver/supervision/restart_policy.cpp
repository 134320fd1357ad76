#include "supervision/restart_policy.h"

#include <algorithm>

namespace appserver::supervision {
namespace {

// The delay before jitter, after `deaths` quick deaths in a row.
Duration back_off(unsigned deaths, const RestartLimits& limits) {
  if (deaths <= limits.free_restarts) {
    return Duration::zero();
  }
  Duration delay = limits.first_delay;
  for (unsigned i = limits.free_restarts + 1; i < deaths && delay < limits.longest_delay; ++i) {
    delay *= 2;
  }
  return std::min(delay, limits.longest_delay);
}

}  // namespace

RestartPolicy::Verdict RestartPolicy::record_death(RestartHistory& history,
                                                   std::optional<Duration> served,
                                                   const RestartLimits& limits, TimePoint now) {
  if (served && *served >= limits.stable_after) {
    history = {};
    return {};
  }
  ++history.quick_deaths;
  const bool crash_loop = history.quick_deaths >= limits.crash_loop_after;
  const Duration delay =
      jittered(crash_loop ? limits.crash_loop_delay : back_off(history.quick_deaths, limits),
               limits.jitter_percent);
  history.not_before = now + delay;
  return {delay, crash_loop};
}

Duration RestartPolicy::jittered(Duration delay, unsigned percent) {
  // In thousandths. The engine's low bits are good enough to spread starts, and unlike the standard
  // distributions this gives the same sequence with every standard library.
  const auto span = static_cast<std::int64_t>(percent) * 10;
  const auto draw = static_cast<std::int64_t>(jitter_());
  const std::int64_t deviation = draw % (2 * span + 1) - span;
  return delay + delay * deviation / 1000;
}

}  // namespace appserver::supervision
