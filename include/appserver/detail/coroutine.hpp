#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <utility>

#include <appserver/abi_async.h>
#include <appserver/detail/flow.hpp>
#include <appserver/detail/later_call.hpp>

// Not part of the user's interface: what coroutines share that work for one request.
namespace appserver {

// Thrown where a coroutine waits, when nobody waits for its answer any more: the client has left,
// or was answered 504. Let it pass: what the coroutine owns is cleaned up on its way, and nothing
// is logged.
class Cancelled : public std::exception {
 public:
  [[nodiscard]] const char* what() const noexcept override {
    return "nobody waits for the answer any more";
  }
};

namespace detail {

// Something that a coroutine waits for, at most one thing at a time.
class Suspension {
 public:
  Suspension() = default;
  Suspension(const Suspension&) = delete;
  Suspension& operator=(const Suspension&) = delete;

  // Nobody waits for the answer any more. Returns: whether the coroutine can go on now; else what
  // it waits for comes to an end by itself.
  virtual bool cancel() noexcept = 0;

 protected:
  ~Suspension() = default;
};

// The coroutines of one request: all of them run on the worker's thread. [worker]
class CoroutineCall {
 public:
  explicit CoroutineCall(std::shared_ptr<LaterCall> call) noexcept : call_(std::move(call)) {}
  CoroutineCall(const CoroutineCall&) = delete;
  CoroutineCall& operator=(const CoroutineCall&) = delete;

  [[nodiscard]] LaterCall& call() const noexcept { return *call_; }
  [[nodiscard]] bool is_cancelled() const noexcept { return is_cancelled_; }

  // The innermost coroutine waits. Asking to be told of a cancellation is left until then: most
  // answers come without a wait.
  void suspend(std::coroutine_handle<> waiting, Suspension& suspension) noexcept {
    waiting_ = waiting;
    suspension_ = &suspension;
    if (!listens_) {
      listens_ = true;
      call_->async().on_cancel(call_->kept(), &CoroutineCall::told, this);
    }
  }
  // What it waited for is there.
  void resume() {
    suspension_ = nullptr;
    std::exchange(waiting_, nullptr).resume();
  }

 protected:
  ~CoroutineCall() = default;
  // Nothing more is told. Before this object goes.
  void stop_listening() noexcept {
    if (listens_) {
      call_->async().on_cancel(call_->kept(), nullptr, nullptr);
    }
  }

 private:
  static void told(void* state, std::int32_t result) noexcept {
    if (result != APPSERVER_CANCELLED) {
      return;
    }
    auto& self = *static_cast<CoroutineCall*>(state);
    self.is_cancelled_ = true;
    if (self.suspension_ != nullptr && self.suspension_->cancel()) {
      self.resume();
    }
  }

  const std::shared_ptr<LaterCall> call_;
  bool is_cancelled_ = false;
  bool listens_ = false;
  std::coroutine_handle<> waiting_;
  Suspension* suspension_ = nullptr;
};

// What everything that a coroutine awaits has in common. Lives in the coroutine's frame.
class Awaiter : public Suspension {
 public:
  // Found by the promise of the coroutine that awaits.
  void belong_to(CoroutineCall& coroutines) noexcept { coroutines_ = &coroutines; }

  [[nodiscard]] bool await_ready() const noexcept { return coroutines_->is_cancelled(); }

 protected:
  ~Awaiter() = default;
  [[nodiscard]] CoroutineCall& coroutines() const noexcept { return *coroutines_; }
  [[nodiscard]] LaterCall& call() const noexcept { return coroutines_->call(); }
  void throw_if_cancelled() const {
    if (coroutines_->is_cancelled()) {
      throw Cancelled();
    }
  }

 private:
  CoroutineCall* coroutines_ = nullptr;
};

// Waits until no more than so many bytes are left to be taken.
class TakenAwaiter final : public Awaiter {
 public:
  TakenAwaiter(Flow& flow, std::size_t most) noexcept : flow_(flow), most_(most) {}

  [[nodiscard]] bool await_ready() const noexcept {
    return Awaiter::await_ready() || flow_.buffered() <= most_;
  }
  bool await_suspend(std::coroutine_handle<> waiting) noexcept {
    coroutines().suspend(waiting, *this);
    return flow_.when_taken(&TakenAwaiter::taken, this);
  }
  void await_resume() const {
    throw_if_cancelled();
    if (flow_.is_over()) {
      throw Cancelled();
    }
  }
  bool cancel() noexcept override {
    // If it was told already, that is under way, and comes here.
    return flow_.forget_when_taken();
  }

 private:
  static void taken(void* state, std::int32_t) noexcept {
    static_cast<TakenAwaiter*>(state)->coroutines().resume();
  }

  Flow& flow_;
  const std::size_t most_;
};

}  // namespace detail
}  // namespace appserver
