#include "worker/lifespan.h"

#include <algorithm>
#include <chrono>

#include "base/private_memory.h"

namespace appserver::worker {
namespace {

constexpr double kSecondsBetweenLooks = 2.0;
// A look at private memory is followed by at least so many times as long without one.
constexpr double kRestPerLook = 100;

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

std::string in_mebibytes(std::uint64_t bytes) {
  return std::to_string(bytes >> 20U) + " MiB";
}

}  // namespace

LifeLimits draw_life_limits(const config::Options& options, std::minstd_rand& random) {
  LifeLimits limits;
  if (options.max_requests != 0) {
    std::uniform_int_distribution<std::uint64_t> more(0, options.max_requests_jitter);
    limits.requests = options.max_requests + more(random);
  }
  if (options.max_lifetime.count() != 0) {
    const Duration longest = options.max_lifetime;
    std::uniform_int_distribution<Duration::rep> less(0, longest.count() / 10);
    limits.age = longest - Duration(less(random));
  }
  if (options.max_memory != 0) {
    limits.memory = options.max_memory;
  }
  return limits;
}

Lifespan::Lifespan(EventLoop& loop, const LifeLimits& limits, const ipc::ScoreboardEntry& own,
                   observe::Log& log)
    : limits_(limits), own_(own), log_(log), age_(loop), memory_(loop) {}

void Lifespan::start() {
  if (limits_.age) {
    age_.start<&Lifespan::grew_old>(this, seconds(*limits_.age));
  }
  if (!limits_.memory) {
    return;
  }
  const auto at_first = private_memory();
  if (!at_first) {
    log_.warning("--max-memory has no effect: the kernel does not tell what is private memory",
                 {{"file", "/proc/self/smaps_rollup"}});
  } else if (*at_first >= *limits_.memory) {
    // Its substitute would be born the same.
    log_.warning("--max-memory has no effect: a worker has more than that from its start; raise it",
                 {{"private_bytes", *at_first}});
  } else {
    memory_.start<&Lifespan::look_at_memory>(this, kSecondsBetweenLooks);
  }
}

std::string Lifespan::why() const {
  return why_.empty() ? std::to_string(own_.requests()) + " requests served" : why_;
}

void Lifespan::grew_old() noexcept {
  why_ = "served for " + std::to_string(static_cast<long>(seconds(*limits_.age))) + " s";
}

void Lifespan::look_at_memory() noexcept {
  const TimePoint begin = Clock::now();
  if (mapped_memory().value_or(0) >= *limits_.memory) {
    const std::uint64_t own = private_memory().value_or(0);
    if (own >= *limits_.memory) {
      why_ = in_mebibytes(own) + " of private memory";
      return;
    }
  }
  memory_.start<&Lifespan::look_at_memory>(
      this, std::max(kSecondsBetweenLooks, kRestPerLook * seconds(Clock::now() - begin)));
}

}  // namespace appserver::worker
