#pragma once

#include <type_traits>
#include <utility>

#include <appserver/request.hpp>

namespace appserver {

// A handler that runs on the worker's own thread although the server has --threads:
//
//   app.get("/cached", appserver::on_worker_thread(answer_from_cache));
//
// For handlers that never block: they save the way to another thread and back, and run one at a
// time. Without --threads that is where all handlers run. Coroutines, and handlers with a
// Responder, run there anyway. [before-fork]
template <typename Handler>
class OnWorkerThread {
 public:
  explicit OnWorkerThread(Handler handler) : handler_(std::move(handler)) {}

  std::invoke_result_t<Handler&, const Request&> operator()(const Request& request) {
    return handler_(request);
  }

 private:
  Handler handler_;
};

template <typename Handler>
[[nodiscard]] OnWorkerThread<std::decay_t<Handler>> on_worker_thread(Handler&& handler) {
  return OnWorkerThread<std::decay_t<Handler>>(std::forward<Handler>(handler));
}

namespace detail {

template <typename Function>
inline constexpr bool kWantsWorkerThread = false;
template <typename Handler>
inline constexpr bool kWantsWorkerThread<OnWorkerThread<Handler>> = true;

}  // namespace detail
}  // namespace appserver
