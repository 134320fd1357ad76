#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include <appserver/detail/coroutine.hpp>

namespace appserver {

template <typename T = void>
class Task;

namespace detail {

// An awaiter that stays where it is, as others have its address. (A temporary lives in the frame
// until it was awaited; a compiler that is given a reference to it, GCC 12, makes a copy.)
template <typename One>
class AwaiterReference {
 public:
  explicit AwaiterReference(One& awaiter) noexcept : awaiter_(&awaiter) {}
  [[nodiscard]] bool await_ready() const noexcept { return awaiter_->await_ready(); }
  auto await_suspend(std::coroutine_handle<> waiting) const noexcept {
    return awaiter_->await_suspend(waiting);
  }
  decltype(auto) await_resume() const { return awaiter_->await_resume(); }

 private:
  One* awaiter_;
};

// What the promises of all tasks have in common.
class TaskPromise {
 public:
  // A task starts when it is awaited, or when its request is handled.
  [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }

  // Then goes on whoever awaits it, or nobody.
  struct Finish {
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <typename Promise>
    [[nodiscard]] std::coroutine_handle<> await_suspend(
        std::coroutine_handle<Promise> self) const noexcept {
      return self.promise().next();
    }
    void await_resume() const noexcept {}
  };
  [[nodiscard]] Finish final_suspend() const noexcept { return {}; }

  void unhandled_exception() noexcept { error_ = std::current_exception(); }

  void belong_to(CoroutineCall& coroutines) noexcept { coroutines_ = &coroutines; }
  void go_on_with(std::coroutine_handle<> next) noexcept { next_ = next; }
  [[nodiscard]] std::coroutine_handle<> next() const noexcept { return next_; }

  // Another task of the same request.
  template <typename T>
  [[nodiscard]] auto await_transform(Task<T> task) {
    task.belong_to(*coroutines_);
    return std::move(task).as_awaiter();
  }
  // One of ours: sleep(), readable() ...
  template <typename One>
  requires std::is_base_of_v<Awaiter, std::remove_cvref_t<One>>
  [[nodiscard]] auto await_transform(One&& awaiter) noexcept {
    awaiter.belong_to(*coroutines_);
    return AwaiterReference<std::remove_reference_t<One>>(awaiter);
  }

 protected:
  void rethrow_error() const {
    if (error_ != nullptr) {
      std::rethrow_exception(error_);
    }
  }

 private:
  CoroutineCall* coroutines_ = nullptr;
  std::coroutine_handle<> next_ = std::noop_coroutine();
  std::exception_ptr error_;
};

template <typename T>
class ValuePromise : public TaskPromise {
 public:
  template <typename Value>
  void return_value(Value&& value) {
    value_.emplace(std::forward<Value>(value));
  }
  [[nodiscard]] T result() {
    rethrow_error();
    return std::move(*value_);
  }

 private:
  std::optional<T> value_;
};

template <>
class ValuePromise<void> : public TaskPromise {
 public:
  void return_void() const noexcept {}
  void result() const { rethrow_error(); }
};

}  // namespace detail

// A coroutine that works for a request. Handlers are of type Task<Response>; they may await further
// tasks, and what waits.hpp has: sleep(), readable(), writable(), run_blocking(), client_gone().
//
//   appserver::Task<Row> find(Database& database, int id);
//
//   app.get("/rows/{id}", [&](const appserver::Request& r) -> appserver::Task<appserver::Response>
//   {
//     const Row row = co_await find(database, number_of(r.param("id")));
//     co_return appserver::text(row.name);
//   });
//
// While it waits, its worker serves others. All code of it runs on the worker's thread, so that it
// needs no locks; but between two waits of one request others have had their turn. The request, and
// what the handler's lambda has captured, live as long as the task. When the client leaves or the
// time is up, the wait at hand throws Cancelled. [worker]
template <typename T>
class [[nodiscard]] Task {
 public:
  class promise_type : public detail::ValuePromise<T> {
   public:
    [[nodiscard]] Task get_return_object() noexcept {
      return Task(std::coroutine_handle<promise_type>::from_promise(*this));
    }
  };

  Task(Task&& other) noexcept : coroutine_(std::exchange(other.coroutine_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(coroutine_, other.coroutine_);
    return *this;
  }
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  ~Task() {
    if (coroutine_ != nullptr) {
      coroutine_.destroy();
    }
  }

  // For those who run it: not part of the user's interface.
  void belong_to(detail::CoroutineCall& coroutines) const noexcept {
    coroutine_.promise().belong_to(coroutines);
  }
  void start(std::coroutine_handle<> next) const {
    coroutine_.promise().go_on_with(next);
    coroutine_.resume();
  }
  [[nodiscard]] T result() const { return coroutine_.promise().result(); }

  // For `co_await task`. Owns the task until it is done.
  class TaskAwaiter {
   public:
    explicit TaskAwaiter(Task task) noexcept : task_(std::move(task)) {}
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    [[nodiscard]] std::coroutine_handle<> await_suspend(
        std::coroutine_handle<> next) const noexcept {
      task_.coroutine_.promise().go_on_with(next);
      return task_.coroutine_;
    }
    [[nodiscard]] T await_resume() const { return task_.result(); }

   private:
    Task task_;
  };
  [[nodiscard]] TaskAwaiter as_awaiter() && noexcept { return TaskAwaiter(std::move(*this)); }

 private:
  explicit Task(std::coroutine_handle<promise_type> coroutine) noexcept : coroutine_(coroutine) {}

  std::coroutine_handle<promise_type> coroutine_;
};

}  // namespace appserver
