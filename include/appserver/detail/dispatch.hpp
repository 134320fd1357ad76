#pragma once

#include <charconv>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <appserver/builders.hpp>
#include <appserver/detail/blueprint.hpp>
#include <appserver/detail/host.hpp>
#include <appserver/detail/late_handler.hpp>
#include <appserver/detail/later_call.hpp>
#include <appserver/detail/path.hpp>
#include <appserver/detail/receive.hpp>
#include <appserver/detail/router.hpp>
#include <appserver/detail/send.hpp>
#include <appserver/detail/unrouted.hpp>
#include <appserver/request.hpp>
#include <appserver/response.hpp>

// Not part of the user's interface: one request on its way through the app.
namespace appserver::detail {

// The path of a request, if it is one that routes can match.
[[nodiscard]] inline std::optional<RequestPath> path_of(const appserver_request& request) {
  const std::string_view raw = to_view(request.path);
  if (raw.empty() || raw.front() != '/') {
    return std::nullopt;
  }
  return RequestPath::parse(raw);
}

// The length that a request announces for its body; 0 when it announces none.
[[nodiscard]] inline std::uint64_t announced_length(const appserver_request& head) noexcept {
  std::uint64_t length = 0;
  for (std::size_t at = 0; at < head.header_count; ++at) {
    if (url::same_name(to_view(head.headers[at].name), "Content-Length")) {
      const std::string_view text = to_view(head.headers[at].value);
      std::from_chars(text.data(), text.data() + text.size(), length);
    }
  }
  return length;
}

// Whether the handler of this request is to be called before the body is there: because it takes
// the body in as it arrives, or because a layer will refuse it for its length. [handler]
[[nodiscard]] inline bool streams_body(const Router& router, const appserver_request& head) {
  const std::optional<RequestPath> path = path_of(head);
  if (!path) {
    return false;
  }
  PathParameters parameters;
  const Route* const route = router.find(to_view(head.method), *path, parameters);
  return route != nullptr && (route->receives_body || announced_length(head) > route->body_limit);
}

// Whether the handler of this request runs on the worker's own thread. What no route serves is
// answered faster there than another thread could be woken. [handler]
[[nodiscard]] inline bool wants_worker_thread(const Router& router,
                                              const appserver_request& request) {
  const std::optional<RequestPath> path = path_of(request);
  PathParameters parameters;
  const Route* const route =
      path ? router.find(to_view(request.method), *path, parameters) : nullptr;
  return route == nullptr || route->wants_worker_thread;
}

// Sends what a handler answered. Errors: throws what a receiver of the body throws. [handler]
[[nodiscard]] inline std::int32_t deliver(Host host, appserver_exchange* exchange,
                                          const Request& request, Response response,
                                          const Scope* scope) {
  if (response.is_pending()) {
    return give_body(host, exchange, request, std::move(response), scope);
  }
  return send(host, exchange, response);
}

// Answers by a handler that may do so after it has returned. [handler]
[[nodiscard]] inline std::int32_t answer_later(Host host, const Router& router, const Route& route,
                                               appserver_exchange* exchange,
                                               const RequestPath& path,
                                               const PathParameters& parameters) {
  const auto* async = host.extension<appserver_async>(APPSERVER_ASYNC_EXTENSION);
  appserver_exchange* const kept = async == nullptr ? nullptr : async->defer(exchange);
  if (kept == nullptr) {
    host.report_error("answers that are given later need a server with ABI 1.2");
    return APPSERVER_FAILED;
  }
  // From here on the call answers, whatever happens.
  start_late(*route.handler,
             std::make_shared<LaterCall>(host, *async, kept, router, route, path, parameters));
  return APPSERVER_OK;
}

// Answers a request that no route serves. Cold: inlined, it would crowd the way of the others.
[[nodiscard, gnu::cold]] inline std::int32_t answer_unrouted(
    Host host, const Blueprint& blueprint, appserver_exchange* exchange,
    const appserver_request& request, const std::optional<RequestPath>& path) {
  const RequestPath shown = path ? *path : RequestPath(to_view(request.path));
  PathParameters parameters;
  Unrouted unrouted = find_reason(blueprint, to_view(request.method), path, shown, parameters);
  const Request view(host, exchange, request, shown, parameters, *unrouted.parameter_names);
  if (!blueprint.has_fallbacks()) {
    return send(host, exchange, unrouted.plain_response());
  }
  UnroutedHandler handler(unrouted);
  return send(host, exchange, unrouted.scope->onion->run(view, handler, 0));
}

// Runs the handler of a request and sends what it answers; an HttpError becomes its response.
// Errors: throws whatever else the handler throws. [handler]
[[nodiscard]] inline std::int32_t answer(Host host, const Blueprint& blueprint,
                                         appserver_exchange* exchange,
                                         const appserver_request& request) {
  const std::optional<RequestPath> path = path_of(request);
  PathParameters parameters;
  const Route* const route =
      path ? blueprint.router().find(to_view(request.method), *path, parameters) : nullptr;
  if (route == nullptr) {
    return answer_unrouted(host, blueprint, exchange, request, path);
  }
  if (route->is_late) {
    return answer_later(host, blueprint.router(), *route, exchange, *path, parameters);
  }
  const Request view(host, exchange, request, *path, parameters, route->parameter_names);
  try {
    return deliver(host, exchange, view, route->handler->handle(view), route->scope);
  } catch (const HttpError& error) {
    return send(host, exchange, error_response(error.status(), error.what()));
  }
}

}  // namespace appserver::detail
