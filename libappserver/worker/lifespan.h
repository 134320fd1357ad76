#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <random>
#include <string>

#include "base/clock.h"
#include "base/event_loop.h"
#include "config/options.h"
#include "ipc/scoreboard.h"
#include "observe/log.h"

namespace appserver::worker {

// How long one worker may serve. None of them set: for ever.
struct LifeLimits {
  std::uint64_t requests = std::numeric_limits<std::uint64_t>::max();
  std::optional<Duration> age;
  std::optional<std::uint64_t> memory;  // Bytes of private memory.
};

// What the options allow this worker. Each worker draws for itself, so that workers that were
// started together are not replaced together: up to --max-requests-jitter requests more, and up to
// a tenth of --max-lifetime less. Pure.
[[nodiscard]] LifeLimits draw_life_limits(const config::Options& options, std::minstd_rand& random);

// Knows when this worker has served long enough. [worker]
//
// Requests cost a comparison a pass through the loop, age one timer. Memory is looked at every two
// seconds, by a number that the kernel has at hand; only when that is above the limit, the kernel
// adds up what is really private, and never so often that it takes more than a hundredth of the
// time.
class Lifespan {
 public:
  // `loop`, `own` (this worker's entry) and `log` outlive the object.
  Lifespan(EventLoop& loop, const LifeLimits& limits, const ipc::ScoreboardEntry& own,
           observe::Log& log);

  // The worker begins to serve.
  void start();

  // Whether it is over; it stays so.
  [[nodiscard]] bool is_over() const noexcept {
    return !why_.empty() || own_.requests() >= limits_.requests;
  }
  // Why, for people: "1000 requests served". Requires: is_over().
  [[nodiscard]] std::string why() const;

 private:
  void grew_old() noexcept;
  void look_at_memory() noexcept;

  const LifeLimits limits_;
  const ipc::ScoreboardEntry& own_;
  observe::Log& log_;
  TimerWatcher age_;
  TimerWatcher memory_;
  std::string why_;
};

}  // namespace appserver::worker
