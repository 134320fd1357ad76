#pragma once

#include <cstdint>
#include <exception>
#include <limits>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <appserver/http_error.hpp>
#include <appserver/next.hpp>
#include <appserver/request.hpp>
#include <appserver/response.hpp>

// Not part of the user's interface: one middleware, and one error handler, as the app keeps them.
namespace appserver::detail {

constexpr std::uint64_t kNoBodyLimit = std::numeric_limits<std::uint64_t>::max();

class Layer {
 public:
  Layer() = default;
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;
  virtual ~Layer() = default;

  [[nodiscard]] virtual Response run(const Request& request, const Next& next) = 0;
  // How long a body may be. A request that announces a longer one is handled before the body has
  // come, so that the layer can refuse it early.
  [[nodiscard]] virtual std::uint64_t body_limit() const noexcept { return kNoBodyLimit; }
};

template <typename Function>
class FunctionLayer final : public Layer {
 public:
  explicit FunctionLayer(Function function) : function_(std::move(function)) {}
  [[nodiscard]] Response run(const Request& request, const Next& next) override {
    return function_(request, next);
  }
  [[nodiscard]] std::uint64_t body_limit() const noexcept override {
    if constexpr (requires(const Function& function) { function.body_limit(); }) {
      return function_.body_limit();
    } else {
      return kNoBodyLimit;
    }
  }

 private:
  Function function_;
};

template <typename Function>
[[nodiscard]] std::unique_ptr<Layer> make_layer(Function&& function) {
  using Callable = std::decay_t<Function>;
  static_assert(std::is_invocable_r_v<Response, Callable&, const Request&, const Next&>,
                "a middleware is callable with const appserver::Request& and const "
                "appserver::Next&, and returns an appserver::Response");
  return std::make_unique<FunctionLayer<Callable>>(std::forward<Function>(function));
}

// Makes a response of an exception of the type that it is for.
class ErrorHandler {
 public:
  ErrorHandler() = default;
  ErrorHandler(const ErrorHandler&) = delete;
  ErrorHandler& operator=(const ErrorHandler&) = delete;
  virtual ~ErrorHandler() = default;

  // `request` is null when the request is gone: in a receiver of a body.
  // Returns: nullopt when the error is not for this handler.
  // Errors: throws what the user's function throws.
  [[nodiscard]] virtual std::optional<Response> handle(const Request* request,
                                                       const std::exception_ptr& error) = 0;
};

template <typename Error, typename Function>
class TypedErrorHandler final : public ErrorHandler {
 public:
  explicit TypedErrorHandler(Function function) : function_(std::move(function)) {}
  [[nodiscard]] std::optional<Response> handle(const Request* request,
                                               const std::exception_ptr& error) override {
    try {
      std::rethrow_exception(error);
    } catch (const Error& caught) {
      if constexpr (std::is_base_of_v<Error, HttpError> && !std::is_same_v<Error, HttpError>) {
        if (dynamic_cast<const HttpError*>(&caught) != nullptr) {
          return std::nullopt;  // an answer, and no failure: only for who asks for it by name
        }
      }
      return call(request, caught);
    } catch (...) {
      return std::nullopt;
    }
  }

 private:
  [[nodiscard]] std::optional<Response> call(const Request* request, const Error& error) {
    if constexpr (std::is_invocable_r_v<Response, Function&, const Error&>) {
      return function_(error);
    } else {
      static_assert(std::is_invocable_r_v<Response, Function&, const Request&, const Error&>,
                    "an error handler is callable with the error, or with const "
                    "appserver::Request& and the error, and returns an appserver::Response");
      return request == nullptr ? std::nullopt : std::optional(function_(*request, error));
    }
  }

  Function function_;
};

}  // namespace appserver::detail
