#include "supervision/restart_policy.h"

#include <chrono>
#include <optional>
#include <set>

#include <doctest/doctest.h>

namespace appserver::supervision {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kNow = TimePoint{} + 1h;

RestartLimits without_jitter() {
  RestartLimits limits;
  limits.jitter_percent = 0;
  return limits;
}

// The delay after each of `deaths` quick deaths in a row; returns the last one.
RestartPolicy::Verdict die(RestartHistory& history, unsigned deaths, const RestartLimits& limits) {
  RestartPolicy policy(1);
  RestartPolicy::Verdict verdict;
  for (unsigned i = 0; i < deaths; ++i) {
    verdict = policy.record_death(history, std::nullopt, limits, kNow);
  }
  return verdict;
}

Duration delay_after(unsigned deaths, const RestartLimits& limits) {
  RestartHistory history;
  return die(history, deaths, limits).delay;
}

}  // namespace

TEST_CASE("RestartPolicy: the first two quick deaths in a row cost no delay") {
  CHECK(delay_after(1, without_jitter()) == 0ms);
  CHECK(delay_after(2, without_jitter()) == 0ms);
}

TEST_CASE("RestartPolicy: further quick deaths double the delay from 100 ms") {
  CHECK(delay_after(3, without_jitter()) == 100ms);
  CHECK(delay_after(4, without_jitter()) == 200ms);
  CHECK(delay_after(5, without_jitter()) == 400ms);
}

TEST_CASE("RestartPolicy: the delay never exceeds its limit, however many deaths there were") {
  RestartLimits limits = without_jitter();
  limits.crash_loop_after = 1'000'000;
  CHECK(delay_after(8, limits) == 3200ms);
  CHECK(delay_after(9, limits) == 5s);
  CHECK(delay_after(500, limits) == 5s);
}

TEST_CASE(
    "RestartPolicy: the sixth quick death in a row is a crash loop, tried every ten seconds") {
  RestartHistory history;
  CHECK_FALSE(die(history, 5, without_jitter()).crash_loop);
  const auto sixth = die(history, 1, without_jitter());
  CHECK(sixth.crash_loop);
  CHECK(sixth.delay == 10s);
  CHECK(history.not_before == kNow + 10s);
  const auto seventh = die(history, 1, without_jitter());
  CHECK(seventh.crash_loop);
  CHECK(seventh.delay == 10s);
}

TEST_CASE("RestartPolicy: a worker that served for a second before it died resets the count") {
  RestartPolicy policy(1);
  RestartHistory history;
  die(history, 5, without_jitter());
  const auto verdict = policy.record_death(history, 1s, without_jitter(), kNow);
  CHECK(verdict.delay == 0ms);
  CHECK(history.quick_deaths == 0);
  CHECK_FALSE(history.not_before);
}

TEST_CASE("RestartPolicy: a worker that served for less than a second died quickly") {
  RestartPolicy policy(1);
  RestartHistory history;
  die(history, 2, without_jitter());
  CHECK(policy.record_death(history, 999ms, without_jitter(), kNow).delay == 100ms);
}

TEST_CASE("RestartPolicy: delays vary by a fifth either way and by no more") {
  RestartPolicy policy(7);
  const RestartLimits limits;
  std::set<Duration> delays;
  for (int i = 0; i < 2000; ++i) {
    RestartHistory history;
    history.quick_deaths = 2;
    delays.insert(policy.record_death(history, std::nullopt, limits, kNow).delay);
  }
  CHECK(*delays.begin() >= 80ms);
  CHECK(*delays.begin() < 82ms);
  CHECK(*delays.rbegin() <= 120ms);
  CHECK(*delays.rbegin() > 118ms);
}

TEST_CASE("RestartPolicy: equal seeds give equal delays, other seeds others") {
  const auto delays = [](std::uint32_t seed) {
    RestartPolicy policy(seed);
    RestartHistory history;
    std::vector<Duration> all;
    for (int i = 0; i < 10; ++i) {
      all.push_back(policy.record_death(history, std::nullopt, RestartLimits{}, kNow).delay);
    }
    return all;
  };
  CHECK(delays(3) == delays(3));
  CHECK(delays(3) != delays(4));
}

}  // namespace appserver::supervision
