#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include <appserver/request.hpp>
#include <appserver/response.hpp>

// Not part of the user's interface: what a route runs, whatever form the user wrote it in.
namespace appserver::detail {

class Handler {
 public:
  Handler() = default;
  Handler(const Handler&) = delete;
  Handler& operator=(const Handler&) = delete;
  virtual ~Handler() = default;

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

// The one place that knows the handler forms; a further form is a further branch here.
// Not std::function: handlers may own what cannot be copied.
template <typename Function>
[[nodiscard]] std::unique_ptr<Handler> make_handler(Function&& function) {
  using Callable = std::decay_t<Function>;
  static_assert(std::is_invocable_r_v<Response, Callable&, const Request&>,
                "a handler is callable as appserver::Response(const appserver::Request&)");
  return std::make_unique<RespondingHandler<Callable>>(std::forward<Function>(function));
}

}  // namespace appserver::detail
