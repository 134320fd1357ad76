#pragma once

#include <algorithm>
#include <chrono>
#include <concepts>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <limits>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include <appserver/abi_async.h>
#include <appserver/detail/coroutine.hpp>
#include <appserver/task.hpp>

// What a coroutine can wait for, beside other tasks. All of this is for `co_await` in a Task, on
// the worker's thread. What is awaited throws Cancelled when nobody waits for the answer any more.
namespace appserver {

namespace detail {

// Time, or a descriptor.
class WaitAwaiter : public Awaiter {
 public:
  WaitAwaiter(int fd, std::int32_t events, std::uint64_t milliseconds) noexcept
      : fd_(fd), events_(events), milliseconds_(milliseconds) {}

  bool await_suspend(std::coroutine_handle<> waiting) noexcept {
    const appserver_wait_order order{
        sizeof(appserver_wait_order), fd_, events_, 0, milliseconds_, call().kept(),
        &WaitAwaiter::over,           this};
    wait_ = call().async().wait(call().host().table(), &order);
    if (wait_ == nullptr) {
      return false;
    }
    coroutines().suspend(waiting, *this);
    return true;
  }
  bool cancel() noexcept override {
    call().async().cancel(call().host().table(), wait_);
    return true;
  }

 protected:
  ~WaitAwaiter() = default;
  // Errors: throws Cancelled; std::invalid_argument when the server could not wait for it.
  [[nodiscard]] std::int32_t result() const {
    throw_if_cancelled();
    if (wait_ == nullptr) {
      throw std::invalid_argument("a wait for a descriptor that is none, or without memory");
    }
    return result_;
  }

 private:
  static void over(void* state, std::int32_t result) noexcept {
    auto& self = *static_cast<WaitAwaiter*>(state);
    self.result_ = result;
    self.coroutines().resume();
  }

  const int fd_;
  const std::int32_t events_;
  const std::uint64_t milliseconds_;
  appserver_wait* wait_ = nullptr;
  std::int32_t result_ = 0;
};

class SleepAwaiter final : public WaitAwaiter {
 public:
  using WaitAwaiter::WaitAwaiter;
  void await_resume() const { static_cast<void>(result()); }
};

class ReadyAwaiter final : public WaitAwaiter {
 public:
  using WaitAwaiter::WaitAwaiter;
  [[nodiscard]] bool await_resume() const { return result() != APPSERVER_WAIT_TIME; }
};

class GoneAwaiter final : public Awaiter {
 public:
  void await_suspend(std::coroutine_handle<> waiting) noexcept {
    coroutines().suspend(waiting, *this);
  }
  void await_resume() const noexcept {}
  bool cancel() noexcept override { return true; }
};

template <typename Function>
class BlockingAwaiter final : public Awaiter {
 public:
  using Result = std::invoke_result_t<Function&>;

  explicit BlockingAwaiter(Function function) : function_(std::move(function)) {}

  bool await_suspend(std::coroutine_handle<> waiting) noexcept {
    coroutines().suspend(waiting, *this);
    is_refused_ = call().async().run(call().host().table(), call().kept(), &BlockingAwaiter::work,
                                     this) != APPSERVER_OK;
    return !is_refused_;
  }
  // What runs on the other thread uses this object, and cannot be interrupted.
  bool cancel() noexcept override { return false; }

  Result await_resume() {
    throw_if_cancelled();
    if (is_refused_) {
      throw std::runtime_error("run_blocking: too much waits for the threads already");
    }
    if (error_ != nullptr) {
      std::rethrow_exception(error_);
    }
    if constexpr (!std::is_void_v<Result>) {
      return std::move(*value_);
    }
  }

 private:
  struct Nothing {};
  using Value = std::conditional_t<std::is_void_v<Result>, Nothing, Result>;

  // On one of the threads.
  static void work(void* state, std::int32_t) noexcept {
    auto& self = *static_cast<BlockingAwaiter*>(state);
    try {
      if constexpr (std::is_void_v<Result>) {
        self.function_();
      } else {
        self.value_.emplace(self.function_());
      }
    } catch (...) {
      self.error_ = std::current_exception();
    }
    LaterCall& call = self.call();
    call.async().post(call.host().table(), call.kept(), &BlockingAwaiter::done, state);
  }
  static void done(void* state, std::int32_t) noexcept {
    static_cast<BlockingAwaiter*>(state)->coroutines().resume();
  }

  Function function_;
  bool is_refused_ = false;
  std::optional<Value> value_;
  std::exception_ptr error_;
};

[[nodiscard]] inline std::uint64_t to_wait(std::chrono::nanoseconds time) noexcept {
  const auto whole = std::chrono::ceil<std::chrono::milliseconds>(time).count();
  return static_cast<std::uint64_t>(std::max(whole, decltype(whole){0}));
}

inline constexpr std::uint64_t kAnyTime = std::numeric_limits<std::uint64_t>::max();

}  // namespace detail

// Lets some time pass:
//   co_await appserver::sleep(50ms);
[[nodiscard]] inline detail::SleepAwaiter sleep(std::chrono::nanoseconds time) noexcept {
  return {-1, APPSERVER_WAIT_TIME, detail::to_wait(time)};
}

// Waits until the descriptor can be read from or written to, is at its end, or has failed. It stays
// the caller's, and open meanwhile; the same one is awaited once at a time.
//   co_await appserver::readable(socket);
[[nodiscard]] inline detail::SleepAwaiter readable(int fd) noexcept {
  return {fd, APPSERVER_WAIT_READABLE, detail::kAnyTime};
}
[[nodiscard]] inline detail::SleepAwaiter writable(int fd) noexcept {
  return {fd, APPSERVER_WAIT_WRITABLE, detail::kAnyTime};
}
// The same for a limited time. Returns: whether it is ready; else the time has passed.
//   if (!co_await appserver::readable(socket, 2s)) { throw appserver::HttpError(504); }
[[nodiscard]] inline detail::ReadyAwaiter readable(int fd, std::chrono::nanoseconds time) noexcept {
  return {fd, APPSERVER_WAIT_READABLE, detail::to_wait(time)};
}
[[nodiscard]] inline detail::ReadyAwaiter writable(int fd, std::chrono::nanoseconds time) noexcept {
  return {fd, APPSERVER_WAIT_WRITABLE, detail::to_wait(time)};
}

// Runs a function that blocks on one of the threads of --threads, and returns what it returns or
// throws what it throws. Without --threads it runs, and blocks, on the worker's thread.
//   const Row row = co_await appserver::run_blocking([&] { return old_database.find(id); });
// The function is not interrupted when the client leaves: what it refers to must live in the
// coroutine, which waits for it in any case.
template <std::invocable Function>
[[nodiscard]] auto run_blocking(Function function) {
  return detail::BlockingAwaiter<Function>(std::move(function));
}

// Waits until the client has left or its time is up, and goes on then instead of throwing. For
// coroutines that have started something elsewhere, which answers by other ways.
[[nodiscard]] inline detail::GoneAwaiter client_gone() noexcept {
  return {};
}

}  // namespace appserver
