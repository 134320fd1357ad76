#pragma once

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include <appserver/abi_async.h>

#include "base/event_loop.h"

namespace appserver::worker {

class DetachedExchange;

// A function of the app that is to run on the first thread.
struct AppJob {
  appserver_callback callback = nullptr;
  void* state = nullptr;
  DetachedExchange* exchange = nullptr;  // On whose behalf; null: nobody's.
  int32_t result = APPSERVER_WAIT_TIME;
};

// What other threads have for whoever has the worker's loop: exchanges to be looked at, functions
// to be run. Any number of letters wakes the loop once.
class Mailbox {
 public:
  // One of them is there; or neither, and the loop is only to have a pass.
  struct Letter {
    DetachedExchange* exchange = nullptr;
    AppJob job{};
  };

  // [first thread] `loop` outlives the mailbox.
  explicit Mailbox(EventLoop& loop);
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  // [any thread] The loop takes it after its present pass. On the first thread it is not woken:
  // whoever has it will have a pass soon.
  void post(const Letter& letter);

  // [who has the loop] Costs one load.
  [[nodiscard]] bool is_empty() const noexcept {
    return !has_mail_.load(std::memory_order_acquire);
  }
  // All letters in their order; valid until the next call.
  [[nodiscard]] const std::vector<Letter>& take();

 private:
  void notice() noexcept {}  // The pass through the loop that calls this is what is wanted.

  const std::thread::id first_thread_ = std::this_thread::get_id();
  AsyncWatcher bell_;
  std::atomic<bool> has_mail_{false};
  std::mutex mutex_;
  std::vector<Letter> letters_;  // Guarded by mutex_.
  std::vector<Letter> taken_;
};

}  // namespace appserver::worker
