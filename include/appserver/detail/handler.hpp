#pragma once

#include <memory>
#include <stdexcept>
#include <type_traits>
#include <utility>

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
  [[nodiscard]] virtual Response handle(const Request& request) = 0;
};

// The form Response(const Request&): answers before it returns.
template <typename Function>
class RespondingHandler final : public Handler {
 public:
  explicit RespondingHandler(Function function) : function_(std::move(function)) {}
  [[nodiscard]] Response handle(const Request& request) override { return function_(request); }

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

// The one place that knows the handler forms; a further form is a further branch here.
// Not std::function: handlers may own what cannot be copied.
template <typename Function>
[[nodiscard]] std::unique_ptr<Handler> make_handler(Function&& function) {
  using Callable = std::decay_t<Function>;
  if constexpr (std::is_invocable_r_v<std::unique_ptr<BodyReceiver>, Callable&, const Request&>) {
    return std::make_unique<ReceivingHandler<Callable>>(std::forward<Function>(function));
  } else {
    static_assert(std::is_invocable_r_v<Response, Callable&, const Request&>,
                  "a handler is callable with const appserver::Request& and returns an "
                  "appserver::Response or a std::unique_ptr<appserver::BodyReceiver>");
    return std::make_unique<RespondingHandler<Callable>>(std::forward<Function>(function));
  }
}

}  // namespace appserver::detail
