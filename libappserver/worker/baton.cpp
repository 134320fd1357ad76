#include "worker/baton.h"

#include <chrono>
#include <ctime>
#include <unistd.h>

namespace appserver::worker {
namespace {

// How often the standby looks while handlers run. A handler is slow when it is seen twice, so after
// one to two of these; a health check has to be answered within five milliseconds.
constexpr std::chrono::microseconds kLook{1500};

// After so many looks without a new lending the standby sleeps until there is one: an idle worker
// shall not wake up. Few enough to be soon asleep, many enough that a trickle of requests does not
// rouse it each time.
constexpr int kQuietLooks = 12;

// How long a crashing process waits for the standby. A pass takes a few milliseconds at most.
constexpr int kSeizeAttempts = 5000;
constexpr timespec kSeizePause{0, 200'000};

}  // namespace

bool Baton::take_from_slow_handler() {
  std::unique_lock lock(mutex_);
  std::uint64_t seen = state_.load();
  for (int quiet = 0; !ended_;) {
    if (quiet < kQuietLooks) {
      changed_.wait_for(lock, kLook, [this] { return ended_; });
    } else {
      standby_sleeps_.store(true);
      changed_.wait(lock, [this, seen] { return ended_ || state_.load() != seen; });
      standby_sleeps_.store(false);
    }
    const std::uint64_t now = state_.load();
    if (now != seen) {
      quiet = 0;
      seen = now;
    } else if ((now & kState) != kLent) {
      ++quiet;
    } else if (std::uint64_t lent = now;
               state_.compare_exchange_strong(lent, (now & ~kState) | kHeld)) {
      standby_.store(::gettid());
      return true;
    }
  }
  return false;
}

void Baton::rouse() noexcept {
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
}

void Baton::wait_for_return() noexcept {
  wanted_.store(true);
  wake_();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return (state_.load() & kState) == kKept; });
  wanted_.store(false);
}

void Baton::give_back() noexcept {
  const std::lock_guard lock(mutex_);
  state_.store((state_.load() & ~kState) | kKept);
  changed_.notify_all();
}

void Baton::end() noexcept {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

void Baton::let_go_for_good() noexcept {
  state_.store((state_.load() & ~kState) | kSeized);
  while (true) {
    ::pause();
  }
}

bool Baton::seize(bool is_first_thread) noexcept {
  for (int attempt = 0; attempt < kSeizeAttempts; ++attempt) {
    std::uint64_t now = state_.load();
    const std::uint64_t state = now & kState;
    if (state == kSeized || (state == kKept && is_first_thread) || standby_.load() == ::gettid() ||
        (state == kLent && state_.compare_exchange_strong(now, (now & ~kState) | kSeized))) {
      return true;
    }
    if (attempt == 0) {
      is_being_seized_.store(true);
      wanted_.store(true);
      wake_();
    }
    ::nanosleep(&kSeizePause, nullptr);
  }
  return false;
}

}  // namespace appserver::worker
