#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/semaphore.h"
#include "worker/app_failures.h"
#include "worker/detached_exchange.h"
#include "worker/mailbox.h"

namespace appserver::worker {

// The threads of --threads: they run handlers that may block. [worker]
//
// Their queue is short: what waits in there cannot be handed over to another worker. Requests that
// find no room wait in the line of their connections.
class HandlerThreads {
 public:
  // All outlive it.
  struct Surroundings {
    AppFailures& failures;
    Mailbox& mailbox;
  };
  // [first thread] Starts `count` threads, with all signals blocked but those of a crash.
  // Errors: fewer of them, even none, when the system refuses; count() tells.
  HandlerThreads(const Surroundings& surroundings, unsigned count);
  HandlerThreads(const HandlerThreads&) = delete;
  HandlerThreads& operator=(const HandlerThreads&) = delete;
  // Waits for what runs. What has not begun is forgotten.
  ~HandlerThreads();

  [[nodiscard]] std::size_t count() const noexcept { return seats_.size(); }

  // [who has the loop] Whether one more handler can wait here. Functions do not count: however many
  // of them wait, a handler has its place in the queue among them.
  [[nodiscard]] bool has_room() const noexcept {
    return handlers_.load(std::memory_order_relaxed) < 2 * seats_.size();
  }
  // Whether all of them have something to do.
  [[nodiscard]] bool are_busy() const noexcept {
    return outstanding_.load(std::memory_order_relaxed) >= seats_.size();
  }
  // Handlers, or functions, that have not returned yet.
  [[nodiscard]] std::size_t outstanding() const noexcept {
    return outstanding_.load(std::memory_order_relaxed);
  }

  // Has a thread run the app's handler for `exchange`, and then looked at.
  void handle(DetachedExchange& exchange);
  // [any thread] Has a thread run a function of the app. Returns: false when too many wait.
  [[nodiscard]] bool run(const AppJob& job);

  // [who has the loop] Takes the handlers out that wait while all threads are busy: they may find
  // room in another worker.
  [[nodiscard]] std::vector<DetachedExchange*> withdraw();

  // Of a worker that crashes: no more handlers begin. Async-signal-safe.
  void begin_nothing_more() noexcept { begins_nothing_.store(true, std::memory_order_relaxed); }

  // The exchange that the calling thread works at; null when it is none of these threads, or works
  // at none. Async-signal-safe.
  [[nodiscard]] DetachedExchange* current_exchange() const noexcept;

 private:
  static constexpr std::size_t kSignalStack = 64 * 1024;

  // One thread's place.
  struct Seat {
    std::atomic<int> thread_id{0};
    std::atomic<DetachedExchange*> exchange{nullptr};
    std::unique_ptr<char[]> signal_stack = std::make_unique_for_overwrite<char[]>(kSignalStack);
    std::thread thread;
  };
  struct Task {
    DetachedExchange* exchange = nullptr;  // Its handler is to be run; unless there is a function:
    AppJob job{};
  };

  void work(Seat& seat);
  void push(const Task& task);
  [[nodiscard]] bool take(Task& task);
  void perform(Seat& seat, const Task& task);

  AppFailures& failures_;
  Mailbox& mailbox_;
  std::deque<Seat> seats_;  // Unchanged once the constructor is done.
  std::atomic<std::size_t> outstanding_{0};
  std::atomic<std::size_t> handlers_{0};  // How many of those are handlers.
  std::atomic<bool> begins_nothing_{false};
  std::mutex mutex_;
  std::deque<Task> tasks_;    // Guarded by mutex_, as is what follows.
  std::size_t sleeping_ = 0;  // Threads that wait for a call, and have none yet.
  std::size_t coming_ = 0;    // Those that were called, and are on their way to look.
  bool is_ending_ = false;
  Semaphore calls_;
};

}  // namespace appserver::worker
