#include "worker/watchdog.h"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

#include "base/coarse_clock.h"
#include "base/signals.h"

namespace appserver::worker {
namespace {

constexpr std::chrono::milliseconds kShortestPause{5};

}  // namespace

Watchdog::Watchdog(EventLoop& loop, Duration limit, std::function<void(Duration)> tell)
    : limit_(limit), tell_(std::move(tell)), polls_(loop) {
  const SignalsBlocked blocked;
  try {
    thread_ = std::thread(&Watchdog::run, this);
  } catch (const std::system_error&) {
    return;  // EAGAIN: a limit of processes.
  }
  polls_.start<&Watchdog::begin_wait, &Watchdog::end_wait>(this);
}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) {
    thread_.join();
  }
}

void Watchdog::end_wait() noexcept {
  held_since_.store(coarse_now().time_since_epoch().count(), std::memory_order_relaxed);
}

// A hold is seen when it lasts from one look to another, so at the latest after twice the limit.
void Watchdog::run() {
  while (!is_over()) {
    look();
  }
}

bool Watchdog::is_over() noexcept {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::max<Duration>(limit_ / 2, kShortestPause),
                           [this] { return is_ending_; });
}

void Watchdog::look() {
  const std::int64_t since = held_since_.load(std::memory_order_relaxed);
  const TimePoint now = Clock::now();
  if (since == 0 || now < silent_until_ || now - TimePoint{Duration{since}} < limit_) {
    return;
  }
  silent_until_ = now + kSilence;
  tell_(now - TimePoint{Duration{since}});
}

}  // namespace appserver::worker
