#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include <appserver/testing/keepable_exchange.hpp>
#include <appserver/testing/loop.hpp>

namespace appserver::testing {

// Not part of the user's interface: a client that waits for an answer that is given later. While it
// waits, the worker's loop runs. Destroying it earlier is what a client does that leaves.
class Attendance {
 public:
  // The loop outlives it. `leaves_at`: when the client has had enough, in fake time.
  Attendance(Loop& loop, std::shared_ptr<KeepableExchange> exchange,
             std::optional<Loop::Time> leaves_at)
      : loop_(loop), exchange_(std::move(exchange)), leaves_at_(leaves_at) {}
  Attendance(const Attendance&) = delete;
  Attendance& operator=(const Attendance&) = delete;
  ~Attendance() { leave(); }

  // Waits for the answer, and for more of a body that has begun. Returns: false when the client has
  // left before.
  // Errors: throws std::runtime_error when its patience is at an end; the client has left then.
  [[nodiscard]] bool await_answer() {
    return await("nobody answered ", [this] { return exchange_->is_answered(); });
  }
  [[nodiscard]] bool await_more() {
    return await("nobody went on with the body of ", [this] { return exchange_->take_resumed(); });
  }

  // The answer has arrived as a whole.
  void finish() noexcept {
    exchange_.reset();
    loop_.run_ready();  // What waited for that.
  }
  void leave() noexcept {
    if (exchange_ != nullptr) {
      std::exchange(exchange_, nullptr)->cancel();
    }
    loop_.run_ready();
  }

 private:
  template <typename Condition>
  [[nodiscard]] bool await(const char* failure, const Condition& is_there) {
    const Loop::RealTime until = std::chrono::steady_clock::now() + loop_.patience().answer;
    while (exchange_ != nullptr && !is_there()) {
      if (leaves_at_ && loop_.now() >= *leaves_at_) {
        leave();
      } else if (std::chrono::steady_clock::now() >= until || !loop_.turn(leaves_at_, until)) {
        const Message& request = exchange_->message();
        const std::runtime_error error(failure + request.method + " " + request.target +
                                       ": the app waits for " + loop_.description());
        leave();
        throw error;
      }
    }
    return exchange_ != nullptr;
  }

  Loop& loop_;
  std::shared_ptr<KeepableExchange> exchange_;  // null: the client is not here any more
  std::optional<Loop::Time> leaves_at_;
};

}  // namespace appserver::testing
