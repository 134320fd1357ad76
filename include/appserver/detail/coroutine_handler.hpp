#pragma once

#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include <appserver/body_reader.hpp>
#include <appserver/detail/coroutine.hpp>
#include <appserver/detail/late_handler.hpp>
#include <appserver/detail/later_call.hpp>
#include <appserver/request.hpp>
#include <appserver/response.hpp>
#include <appserver/response_stream.hpp>
#include <appserver/task.hpp>

// Not part of the user's interface: handlers that are coroutines.
namespace appserver::detail {

// A task that runs by itself: the outermost coroutine of a request. Destroys itself at its end.
struct Unattended {
  struct promise_type {
    [[nodiscard]] Unattended get_return_object() const noexcept { return {}; }
    [[nodiscard]] std::suspend_never initial_suspend() const noexcept { return {}; }
    [[nodiscard]] std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    // Whatever the user's task throws is caught within.
    [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
  };
};

// The request's coroutines and the task that answers it, in one place.
template <typename T>
class RunningTask final : public CoroutineCall {
 public:
  explicit RunningTask(const std::shared_ptr<LaterCall>& call) noexcept : CoroutineCall(call) {}
  ~RunningTask() { stop_listening(); }

  // Awaits `task` without a task of one's own around it.
  class Outermost {
   public:
    Outermost(RunningTask& running, Task<T> task) noexcept : task_(std::move(task)) {
      task_.belong_to(running);
    }
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> next) const { task_.start(next); }
    [[nodiscard]] T await_resume() const { return task_.result(); }

   private:
    Task<T> task_;
  };
};

// The form Task<Response>(const Request&).
template <typename Function>
class CoroutineHandler final : public LateHandler {
 public:
  explicit CoroutineHandler(Function function) : function_(std::move(function)) {}
  void start(const std::shared_ptr<LaterCall>& call) override { run(function_, call); }

 private:
  static Unattended run(Function& function, std::shared_ptr<LaterCall> call) {
    RunningTask<Response> running(call);
    try {
      typename RunningTask<Response>::Outermost task(running, function(call->request()));
      Response response = co_await task;
      if (call->claim_answer()) {
        call->answer(std::move(response));
      }
    } catch (...) {
      if (call->claim_answer() && !running.is_cancelled()) {
        call->fail(std::current_exception());
      }
    }
  }

  Function function_;
};

// The form Task<Response>(const Request&, BodyReader&): begins when the body has yet to arrive.
template <typename Function>
class BodyReadingHandler final : public LateHandler {
 public:
  explicit BodyReadingHandler(Function function) : inner_(WithBody{std::move(function)}) {}
  [[nodiscard]] bool receives_body() const noexcept override { return true; }
  void start(const std::shared_ptr<LaterCall>& call) override { inner_.start(call); }

 private:
  struct WithBody {
    Task<Response> operator()(const Request& request) {
      BodyReader body(request);
      co_return co_await function(request, body);
    }
    Function function;
  };

  CoroutineHandler<WithBody> inner_;
};

// The form Task<>(const Request&, ResponseStream&).
template <typename Function>
class StreamingHandler final : public LateHandler {
 public:
  explicit StreamingHandler(Function function) : function_(std::move(function)) {}
  void start(const std::shared_ptr<LaterCall>& call) override { run(function_, call); }

 private:
  static Unattended run(Function& function, std::shared_ptr<LaterCall> call) {
    RunningTask<void> running(call);
    if (!call->claim_answer()) {
      co_return;
    }
    ResponseStream stream(call);
    try {
      typename RunningTask<void>::Outermost task(running, function(call->request(), stream));
      co_await task;
      stream.finish();
    } catch (...) {
      if (!stream.has_begun() && !running.is_cancelled()) {
        call->fail(std::current_exception());
      } else if (!running.is_cancelled()) {
        report_cut(*call, std::current_exception());
      }
    }
  }

  // There is no answer left that could be a 500: the log is the only place for the reason.
  static void report_cut(const LaterCall& call, const std::exception_ptr& error) noexcept {
    const auto rethrow = [&error]() -> std::int32_t { std::rethrow_exception(error); };
    static_cast<void>(fenced(
        rethrow, [&call](const char* why) noexcept { call.host().log(APPSERVER_LOG_ERROR, why); }));
  }

  Function function_;
};

}  // namespace appserver::detail
