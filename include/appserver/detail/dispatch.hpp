#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <appserver/detail/host.hpp>
#include <appserver/detail/path.hpp>
#include <appserver/detail/router.hpp>
#include <appserver/detail/send.hpp>
#include <appserver/request.hpp>
#include <appserver/response.hpp>

// Not part of the user's interface: one request on its way through the app.
namespace appserver::detail {

// OPTIONS that no route answers (RFC 9110 section 9.3.7).
[[nodiscard]] inline Response options_response(std::string allow) {
  return no_content().header("Allow", std::move(allow));
}

// The answer when no route has path and method: 404, 405 (RFC 9110 section 15.5.6), or OPTIONS.
[[nodiscard]] inline Response unrouted_response(const Router& router, std::string_view method,
                                                const RequestPath& path) {
  std::string allow = router.allowed_methods(path);
  if (allow.empty()) {
    return error_response(404);
  }
  if (method == "OPTIONS") {
    return options_response(std::move(allow));
  }
  return error_response(405).header("Allow", std::move(allow));
}

// A request and the route that answers it, or the answer when there is none.
struct Dispatched {
  std::optional<RequestPath> path;
  PathParameters parameters;
  const Route* route = nullptr;
  Response unrouted;
};

// Finds the route of a request. [handler]
[[nodiscard]] inline Dispatched dispatch(const Router& router, const appserver_request& request) {
  Dispatched found;
  const std::string_view method = to_view(request.method);
  const std::string_view raw_path = to_view(request.path);
  if (raw_path.empty() || raw_path.front() != '/') {
    const bool asks_whole_server = method == "OPTIONS" && raw_path == "*";
    found.unrouted =
        asks_whole_server ? options_response(router.allowed_methods()) : error_response(404);
    return found;
  }
  found.path = RequestPath::parse(raw_path);
  if (!found.path) {
    found.unrouted = error_response(400, "The path is not correctly percent-encoded.");
    return found;
  }
  found.route = router.find(method, *found.path, found.parameters);
  if (found.route == nullptr) {
    found.unrouted = unrouted_response(router, method, *found.path);
  }
  return found;
}

// Whether the handler of this request takes the body in as it arrives. [handler]
[[nodiscard]] inline bool streams_body(const Router& router, const appserver_request& head) {
  const Route* const route = dispatch(router, head).route;
  return route != nullptr && route->handler->receives_body();
}

// Whether the body of this request has yet to arrive. The server calls a receiving handler early
// only for requests that have a body, and that one is empty then; a server without streams calls it
// late, with the whole body.
[[nodiscard]] inline bool awaits_body(const Request& request) {
  if (!request.body().empty()) {
    return false;
  }
  const auto length = request.header("Content-Length");
  return request.header("Transfer-Encoding").has_value() ||
         (length.has_value() && length->find_first_not_of('0') != std::string_view::npos);
}

// Gives the body to a receiver: piece by piece if it has yet to arrive, else at once.
[[nodiscard]] inline std::int32_t give_body(Host host, appserver_exchange* exchange,
                                            const Request& request,
                                            std::unique_ptr<BodyReceiver> receiver) {
  if (awaits_body(request)) {
    return Receiving::start(host, exchange, std::move(receiver));
  }
  if (!request.body().empty()) {
    receiver->receive(request.body());
  }
  return send(host, exchange, receiver->finish());
}

// Runs the handler of a request and sends what it answers; an HttpError becomes its response.
// Errors: throws whatever else the handler throws. [handler]
[[nodiscard]] inline std::int32_t answer(Host host, const Router& router,
                                         appserver_exchange* exchange,
                                         const appserver_request& request) {
  const Dispatched found = dispatch(router, request);
  if (found.route == nullptr) {
    return send(host, exchange, found.unrouted);
  }
  const Request view(host, exchange, request, *found.path, found.parameters,
                     found.route->parameter_names);
  try {
    if (found.route->handler->receives_body()) {
      return give_body(host, exchange, view, found.route->handler->receive(view));
    }
    return send(host, exchange, found.route->handler->handle(view));
  } catch (const HttpError& error) {
    return send(host, exchange, error_response(error.status(), error.what()));
  }
}

}  // namespace appserver::detail
