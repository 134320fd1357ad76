#pragma once

#include <exception>
#include <memory>
#include <utility>

#include <appserver/abi_async.h>
#include <appserver/detail/fence.hpp>
#include <appserver/detail/handler.hpp>
#include <appserver/detail/later_call.hpp>
#include <appserver/request.hpp>
#include <appserver/responder.hpp>
#include <appserver/response.hpp>

// Not part of the user's interface: handlers that answer after they have returned.
namespace appserver::detail {

// Its response is pending, for middleware to see; what the user wrote starts when all of that has
// returned.
class LateHandler : public Handler {
 public:
  [[nodiscard]] bool is_late() const noexcept final { return true; }
  [[nodiscard]] bool wants_worker_thread() const noexcept final { return true; }
  [[nodiscard]] Response handle(const Request&) final {
    Response response;
    response.await_answer(*this);
    return response;
  }

  // Lets the user's function run. Errors: throws what it throws.
  virtual void start(const std::shared_ptr<LaterCall>& call) = 0;
};

// The form void(const Request&, Responder).
template <typename Function>
class DeferringHandler final : public LateHandler {
 public:
  explicit DeferringHandler(Function function) : function_(std::move(function)) {}
  void start(const std::shared_ptr<LaterCall>& call) override {
    function_(call->request(), Responder(call));
  }

 private:
  Function function_;
};

// Runs a late handler for the request that `call` keeps: layers first, as for any other.
// Errors: throws what no error handler wants, when nobody else can answer any more. [handler]
inline void start_late(Handler& handler, const std::shared_ptr<LaterCall>& call) {
  Response response = handler.handle(call->request());
  LateHandler* const late = response.late_handler();
  if (late == nullptr) {  // A layer has answered itself.
    if (call->claim_answer()) {
      call->answer(std::move(response));
    }
    return;
  }
  call->promise(std::move(response));
  try {
    late->start(call);
  } catch (...) {
    // A Responder that lives on elsewhere will answer, or has answered.
    if (call.use_count() == 1 && call->claim_answer()) {
      call->fail(std::current_exception());
    } else {
      call->host().log(APPSERVER_LOG_ERROR, "a handler threw after it gave its Responder away");
    }
  }
}

}  // namespace appserver::detail
