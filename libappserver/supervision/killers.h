#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"

namespace appserver::supervision {

// Which requests kill workers again and again: a method and a route in whose handler so many
// workers died within so much time. Pure: no clock. [master]
//
// Routes are told by clients, so only the newest deaths are remembered.
class Killers {
 public:
  struct Limits {
    std::size_t deaths = 3;
    Duration window = std::chrono::minutes{1};
    Duration cooldown = Duration::zero();  // Zero: requests that kill go on to the app.
  };
  // What follows from a death.
  struct Verdict {
    std::size_t deaths = 0;  // Of this method and route within the window, with this one.
    bool is_news = false;    // They are as many as the limit, which was not told within the window.
    std::optional<TimePoint> barred_until;  // The app is not to see it until then.
  };

  explicit Killers(const Limits& limits) : limits_(limits) {}
  // Past deaths are judged by the new limits from the next one on.
  void change_limits(const Limits& limits) { limits_ = limits; }

  [[nodiscard]] Verdict worker_died(const std::string& method, const std::string& route,
                                    TimePoint now);

 private:
  static constexpr std::size_t kMostRemembered = 2000;  // More than any limit.

  using Route = std::pair<std::string, std::string>;
  struct Death {
    TimePoint when;
    Route route;
  };

  void forget_old(TimePoint now);

  Limits limits_;
  std::deque<Death> deaths_;  // The oldest first.
  std::map<Route, TimePoint> told_;
};

}  // namespace appserver::supervision
