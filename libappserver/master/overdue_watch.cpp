#include "master/overdue_watch.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace appserver::master {
namespace {

// So much later than the worker itself.
constexpr std::chrono::milliseconds kSlack{20};
// While something is overdue.
constexpr std::chrono::milliseconds kAgain{100};
constexpr std::chrono::seconds kLongest{1};

}  // namespace

OverdueWatch::OverdueWatch(EventLoop& loop, const ipc::Scoreboard& scoreboard, Report report)
    : scoreboard_(scoreboard), report_(std::move(report)), timer_(loop) {}

void OverdueWatch::look_in(Duration time) {
  const std::chrono::duration<double> seconds = time;
  timer_.start<&OverdueWatch::look>(this, std::max(seconds.count(), 0.0));
}

void OverdueWatch::look() noexcept {
  const TimePoint now = Clock::now();
  TimePoint next = now + kLongest;
  for (const ipc::ScoreboardEntry& entry : scoreboard_.entries()) {
    const TimePoint deadline = entry.deadline();
    if (deadline > now + kLongest) {
      continue;
    }
    if (const auto exchange = entry.current_exchange(); exchange && deadline + kSlack <= now) {
      report_(entry.pid(), exchange->started);
      next = std::min(next, now + kAgain);
    } else {
      next = std::min(next, deadline + kSlack);
    }
  }
  look_in(next - now);
}

}  // namespace appserver::master
