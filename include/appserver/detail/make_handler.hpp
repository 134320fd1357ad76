#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include <appserver/body_reader.hpp>
#include <appserver/detail/coroutine_handler.hpp>
#include <appserver/detail/handler.hpp>
#include <appserver/detail/late_handler.hpp>
#include <appserver/request.hpp>
#include <appserver/responder.hpp>
#include <appserver/response.hpp>
#include <appserver/response_stream.hpp>
#include <appserver/streaming.hpp>
#include <appserver/task.hpp>

// Not part of the user's interface: what a route is given becomes a Handler.
namespace appserver::detail {

// The one place that knows the handler forms; a further form is a further branch here.
// Not std::function: handlers may own what cannot be copied.
template <typename Function>
[[nodiscard]] std::unique_ptr<Handler> make_handler(Function&& function) {
  using Callable = std::decay_t<Function>;
  if constexpr (std::is_invocable_r_v<std::unique_ptr<BodyReceiver>, Callable&, const Request&>) {
    return std::make_unique<ReceivingHandler<Callable>>(std::forward<Function>(function));
  } else if constexpr (std::is_invocable_r_v<Task<Response>, Callable&, const Request&>) {
    return std::make_unique<CoroutineHandler<Callable>>(std::forward<Function>(function));
  } else if constexpr (std::is_invocable_r_v<Task<Response>, Callable&, const Request&,
                                             BodyReader&>) {
    return std::make_unique<BodyReadingHandler<Callable>>(std::forward<Function>(function));
  } else if constexpr (std::is_invocable_r_v<Task<>, Callable&, const Request&, ResponseStream&>) {
    return std::make_unique<StreamingHandler<Callable>>(std::forward<Function>(function));
  } else if constexpr (std::is_invocable_v<Callable&, const Request&, Responder>) {
    return std::make_unique<DeferringHandler<Callable>>(std::forward<Function>(function));
  } else {
    static_assert(std::is_invocable_r_v<Response, Callable&, const Request&>,
                  "a handler is callable with const appserver::Request& and returns an "
                  "appserver::Response, a std::unique_ptr<appserver::BodyReceiver> or an "
                  "appserver::Task<appserver::Response>, which may be given an "
                  "appserver::BodyReader& as well; or is given an appserver::Responder; or an "
                  "appserver::ResponseStream&, and returns an appserver::Task<>");
    return std::make_unique<RespondingHandler<Callable>>(std::forward<Function>(function));
  }
}

}  // namespace appserver::detail
