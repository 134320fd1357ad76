#pragma once

#include <memory>
#include <stdexcept>
#include <utility>

#include <appserver/placement.hpp>
#include <appserver/request.hpp>
#include <appserver/response.hpp>
#include <appserver/streaming.hpp>

// Not part of the user's interface: what a route runs, whatever form the user wrote it in.
namespace appserver::detail {

class Handler {
 public:
  Handler() = default;
  Handler(const Handler&) = delete;
  Handler& operator=(const Handler&) = delete;
  virtual ~Handler() = default;

  // Whether the handler takes the request's body in as it arrives: its response is pending then.
  [[nodiscard]] virtual bool receives_body() const noexcept { return false; }
  // Whether it may answer after it has returned: its response is pending then, too.
  [[nodiscard]] virtual bool is_late() const noexcept { return false; }
  // Whether it runs on the worker's own thread also when there are others.
  [[nodiscard]] virtual bool wants_worker_thread() const noexcept { return false; }
  [[nodiscard]] virtual Response handle(const Request& request) = 0;
};

// The form Response(const Request&): answers before it returns.
template <typename Function>
class RespondingHandler final : public Handler {
 public:
  explicit RespondingHandler(Function function) : function_(std::move(function)) {}
  [[nodiscard]] Response handle(const Request& request) override { return function_(request); }
  [[nodiscard]] bool wants_worker_thread() const noexcept override {
    return kWantsWorkerThread<Function>;
  }

 private:
  Function function_;
};

// The form std::unique_ptr<BodyReceiver>(const Request&): answers when the body is complete.
template <typename Function>
class ReceivingHandler final : public Handler {
 public:
  explicit ReceivingHandler(Function function) : function_(std::move(function)) {}
  [[nodiscard]] bool receives_body() const noexcept override { return true; }
  [[nodiscard]] Response handle(const Request& request) override {
    std::unique_ptr<BodyReceiver> receiver = function_(request);
    if (receiver == nullptr) {
      throw std::logic_error("the handler returned no BodyReceiver");
    }
    Response response;
    response.await_body(std::move(receiver));
    return response;
  }

 private:
  Function function_;
};

}  // namespace appserver::detail
