#include "worker/lifespan.h"

#include <chrono>
#include <set>

#include <doctest/doctest.h>

namespace appserver::worker {
namespace {

using std::chrono::seconds;

TEST_CASE("LifeLimits: without options a worker serves for ever") {
  std::minstd_rand random(1);
  const LifeLimits limits = draw_life_limits({}, random);
  CHECK(limits.requests == std::numeric_limits<std::uint64_t>::max());
  CHECK_FALSE(limits.age.has_value());
  CHECK_FALSE(limits.memory.has_value());
}

TEST_CASE("LifeLimits: requests vary upwards by the jitter, and not at all without one") {
  config::Options options;
  options.max_requests = 1000;
  std::minstd_rand random(1);
  CHECK(draw_life_limits(options, random).requests == 1000);
  CHECK(draw_life_limits(options, random).requests == 1000);
  options.max_requests_jitter = 3;
  std::set<std::uint64_t> drawn;
  for (int i = 0; i < 200; ++i) {
    drawn.insert(draw_life_limits(options, random).requests);
  }
  CHECK(drawn == std::set<std::uint64_t>{1000, 1001, 1002, 1003});
}

TEST_CASE("LifeLimits: an age is never above the option, and differs from worker to worker") {
  config::Options options;
  options.max_lifetime = seconds(100);
  std::minstd_rand random(1);
  std::set<Duration> drawn;
  for (int i = 0; i < 100; ++i) {
    const Duration age = *draw_life_limits(options, random).age;
    CHECK(age <= seconds(100));
    CHECK(age >= seconds(90));
    drawn.insert(age);
  }
  CHECK(drawn.size() > 50);
}

}  // namespace
}  // namespace appserver::worker
