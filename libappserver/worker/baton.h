#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>

namespace appserver::worker {

// Who has the worker's event loop, and with it everything that hangs on it: connections, lines,
// deadlines.
//
//   state  whose it is          leaves to
//   Kept   the first thread's   Lent, when it calls the app
//   Lent   nobody's             Kept, when the app returns; Held, when that takes long
//   Held   the standby's        Kept, when the first thread wants it back
//   Seized a crashing thread's  nothing
//
// The first thread runs all code of the app. While it does, the loop is lent, so that the standby
// can take it when a handler is slow. For a fast one that costs two uncontended atomic operations.
class Baton {
 public:
  // Names one lending: a handler that is seen twice with the same number has run all the time
  // between.
  using Lending = std::uint64_t;

  Baton() = default;
  Baton(const Baton&) = delete;
  Baton& operator=(const Baton&) = delete;
  ~Baton() = default;

  // `wake` makes the standby look at is_wanted() soon. It is called from any thread, and from a
  // signal handler: async-signal-safe. Before the standby starts.
  void wake_standby_by(std::function<void()> wake) { wake_ = std::move(wake); }

  // --- first thread ---
  void lend() noexcept {
    lending_ += kOneLending;
    // Sequentially consistent, as is the load: either this thread sees that the standby sleeps, or
    // the standby sees the lending before it falls asleep.
    state_.store(lending_ | kLent);
    if (standby_sleeps_.load()) {
      rouse();
    }
  }
  void take_back() noexcept {
    std::uint64_t expected = lending_ | kLent;
    if (!state_.compare_exchange_strong(expected, lending_ | kKept)) {
      wait_for_return();
    }
  }

  // --- standby ---
  // Waits until one and the same lending lasts longer than is good, and takes the loop. Returns:
  // false when end() was called.
  [[nodiscard]] bool take_from_slow_handler();
  // Whether the first thread waits to go on.
  [[nodiscard]] bool is_wanted() const noexcept { return wanted_.load(); }
  void give_back() noexcept;

  // --- whoever ends the worker ---
  // [first thread] The standby's next take_from_slow_handler() returns false.
  void end() noexcept;
  // [first thread] Between two passes through the loop: everything is in order here, so that a
  // thread that crashes may look at it. Does not return when one does.
  void stop_if_seized() noexcept {
    if (is_being_seized_.load(std::memory_order_relaxed)) {
      let_go_for_good();
    }
  }
  // In a signal handler of a crashing process: takes the loop from nobody; from the standby, who
  // gives it back within a pass; or from the first thread, who lets go after its pass; unless it is
  // the owner that crashes. Nobody gets it again. Async-signal-safe. `is_first_thread`: the one
  // that crashes. Returns: whether that came true in time.
  bool seize(bool is_first_thread) noexcept;

 private:
  static constexpr std::uint64_t kKept = 0;
  static constexpr std::uint64_t kLent = 1;
  static constexpr std::uint64_t kHeld = 2;
  static constexpr std::uint64_t kSeized = 3;
  static constexpr std::uint64_t kState = 3;
  static constexpr std::uint64_t kOneLending = 4;

  void rouse() noexcept;
  void wait_for_return() noexcept;
  void let_go_for_good() noexcept;

  std::atomic<std::uint64_t> state_{kKept};
  std::atomic<int> standby_{0};  // Its thread id, once it has held the loop.
  std::atomic<bool> standby_sleeps_{false};
  std::atomic<bool> wanted_{false};
  std::atomic<bool> is_being_seized_{false};
  Lending lending_ = 0;  // The first thread's own copy.
  bool ended_ = false;   // Guarded by mutex_.
  std::mutex mutex_;
  std::condition_variable changed_;
  std::function<void()> wake_;
};

}  // namespace appserver::worker
