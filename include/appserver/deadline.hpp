#pragma once

#include <chrono>
#include <type_traits>
#include <utility>

#include <appserver/request.hpp>

namespace appserver {

// A handler with a time of its own instead of the server's --timeout:
//
//   app.get("/report", appserver::deadline(5min, make_report));
//
// `time`: from the call of the handler on; zero for no limit. When it has passed, the client is
// answered 504 and the worker is replaced; see Request::extend_deadline() for more time on the way.
// Works with every form of handler. [before-fork]
template <typename Handler>
[[nodiscard]] auto deadline(std::chrono::milliseconds time, Handler&& handler) {
  return [time, handler = std::forward<Handler>(handler)]<typename... More>(const Request& request,
                                                                            More&&... more) mutable
         -> std::invoke_result_t<std::decay_t<Handler>&, const Request&, More...> {
    request.extend_deadline(time);
    return handler(request, std::forward<More>(more)...);
  };
}

}  // namespace appserver
