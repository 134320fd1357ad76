#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

#include "base/clock.h"
#include "base/event_loop.h"
#include "base/poll_watcher.h"

namespace appserver::worker {

// Tells when the event loop does not come back to waiting for events: a handler blocks, or a
// callback of a watcher that the app has put on the loop. [worker]
//
// For workers whose loop is open to the app and that have no standby therefore. A thread that looks
// at one number; the loop writes it twice a pass.
class Watchdog {
 public:
  // Once it has told of a hold, it is silent so long.
  static constexpr std::chrono::minutes kSilence{1};

  // Starts the thread, with all signals blocked. `limit`: how long a pass may take. `tell` is
  // called on that thread, while the loop is still held, with how long it has been. The loop
  // outlives it. Errors: no thread can be started: then nothing is told; is_there() says so.
  Watchdog(EventLoop& loop, Duration limit, std::function<void(Duration)> tell);
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  ~Watchdog();

  [[nodiscard]] bool is_there() const noexcept { return thread_.joinable(); }

 private:
  void begin_wait() noexcept { held_since_.store(0, std::memory_order_relaxed); }
  void end_wait() noexcept;
  void run();
  [[nodiscard]] bool is_over() noexcept;
  void look();

  const Duration limit_;
  const std::function<void(Duration)> tell_;
  PollWatcher polls_;
  std::atomic<std::int64_t> held_since_{0};  // On the monotonic clock; 0: it waits.
  TimePoint silent_until_{};                 // The thread's.
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_ending_ = false;  // Guarded by it.
  std::thread thread_;
};

}  // namespace appserver::worker
