#include "supervision/killers.h"

#include <chrono>

#include <doctest/doctest.h>

namespace appserver::supervision {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{1h};

Killers three_in_a_minute(Duration cooldown = Duration::zero()) {
  return Killers({3, 60s, cooldown});
}

TEST_CASE("Killers: a route is news when it has killed as often as the limit within the window") {
  Killers killers = three_in_a_minute();
  CHECK_FALSE(killers.worker_died("GET", "/report", kStart).is_news);
  CHECK_FALSE(killers.worker_died("GET", "/report", kStart + 29s).is_news);
  const Killers::Verdict third = killers.worker_died("GET", "/report", kStart + 59s);
  CHECK(third.is_news);
  CHECK(third.deaths == 3);
  CHECK_FALSE(third.barred_until.has_value());
}

TEST_CASE("Killers: deaths that are a window ago do not count") {
  Killers killers = three_in_a_minute();
  static_cast<void>(killers.worker_died("GET", "/report", kStart));
  static_cast<void>(killers.worker_died("GET", "/report", kStart + 30s));
  const Killers::Verdict third = killers.worker_died("GET", "/report", kStart + 60s);
  CHECK(third.deaths == 2);
  CHECK_FALSE(third.is_news);
}

TEST_CASE("Killers: other methods and other routes have counts of their own") {
  Killers killers = three_in_a_minute();
  static_cast<void>(killers.worker_died("GET", "/report", kStart));
  static_cast<void>(killers.worker_died("GET", "/report", kStart));
  CHECK(killers.worker_died("POST", "/report", kStart).deaths == 1);
  CHECK(killers.worker_died("GET", "/reports", kStart).deaths == 1);
  CHECK(killers.worker_died("GET", "/report", kStart).is_news);
}

TEST_CASE("Killers: a route is news once in a window, however often it goes on killing") {
  Killers killers = three_in_a_minute();
  int news = 0;
  for (int second = 0; second < 120; second += 5) {
    news += killers.worker_died("GET", "/report", kStart + std::chrono::seconds(second)).is_news;
  }
  CHECK(news == 2);
}

TEST_CASE("Killers: with a cool-down the route is barred from the death that reaches the limit") {
  Killers killers = three_in_a_minute(10s);
  CHECK_FALSE(killers.worker_died("GET", "/report", kStart).barred_until.has_value());
  CHECK_FALSE(killers.worker_died("GET", "/report", kStart).barred_until.has_value());
  CHECK(killers.worker_died("GET", "/report", kStart + 1s).barred_until == kStart + 11s);
  // Given to the app again after that, it kills at once: it is barred again, which is no news.
  const Killers::Verdict again = killers.worker_died("GET", "/report", kStart + 12s);
  CHECK(again.barred_until == kStart + 22s);
  CHECK_FALSE(again.is_news);
}

TEST_CASE("Killers: new limits hold from the next death on") {
  Killers killers = three_in_a_minute();
  static_cast<void>(killers.worker_died("GET", "/report", kStart));
  killers.change_limits({2, 60s, 5s});
  const Killers::Verdict second = killers.worker_died("GET", "/report", kStart + 1s);
  CHECK(second.is_news);
  CHECK(second.barred_until == kStart + 6s);
}

TEST_CASE("Killers: a flood of routes is forgotten, the oldest first") {
  Killers killers = three_in_a_minute();
  static_cast<void>(killers.worker_died("GET", "/report", kStart));
  static_cast<void>(killers.worker_died("GET", "/report", kStart));
  for (int i = 0; i < 5000; ++i) {
    static_cast<void>(killers.worker_died("GET", "/" + std::to_string(i), kStart));
  }
  CHECK(killers.worker_died("GET", "/report", kStart).deaths == 1);
}

}  // namespace
}  // namespace appserver::supervision
