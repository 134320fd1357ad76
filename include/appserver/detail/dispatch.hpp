#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <appserver/detail/host.hpp>
#include <appserver/detail/path.hpp>
#include <appserver/detail/router.hpp>
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

// Finds the handler of a request and runs it; an HttpError becomes its response.
// Errors: throws whatever else the handler throws. [handler]
[[nodiscard]] inline Response answer(Host host, const Router& router, appserver_exchange* exchange,
                                     const appserver_request& request) {
  const std::string_view method = to_view(request.method);
  const std::string_view raw_path = to_view(request.path);
  if (raw_path.empty() || raw_path.front() != '/') {
    const bool asks_whole_server = method == "OPTIONS" && raw_path == "*";
    return asks_whole_server ? options_response(router.allowed_methods()) : error_response(404);
  }
  const std::optional<RequestPath> path = RequestPath::parse(raw_path);
  if (!path) {
    return error_response(400, "The path is not correctly percent-encoded.");
  }
  PathParameters parameters;
  const Route* route = router.find(method, *path, parameters);
  if (route == nullptr) {
    return unrouted_response(router, method, *path);
  }
  const Request view(host, exchange, request, *path, parameters, route->parameter_names);
  try {
    return route->handler->handle(view);
  } catch (const HttpError& error) {
    return error_response(error.status(), error.what());
  }
}

// Hands a response to the server, which copies what it needs.
// Returns: what the server says; APPSERVER_FAILED when the response is not valid HTTP. [handler]
[[nodiscard]] inline std::int32_t send(Host host, appserver_exchange* exchange,
                                       const Response& response) {
  constexpr std::size_t kFew = 16;  // responses with no more header fields need no allocation
  std::array<appserver_header, kFew> few;
  std::vector<appserver_header> many;
  appserver_header* fields = few.data();
  if (response.headers().size() + 1 > kFew) {
    many.resize(response.headers().size() + 1);
    fields = many.data();
  }
  std::size_t count = 0;
  if (!response.content_type().empty()) {
    fields[count++] = {to_abi("Content-Type"), to_abi(response.content_type())};
  }
  for (const ResponseHeader& field : response.headers()) {
    fields[count++] = {to_abi(field.name), to_abi(field.value)};
  }
  const appserver_response message{
      sizeof(appserver_response), static_cast<std::uint32_t>(response.status()), fields, count,
      to_abi(response.body()),
  };
  return host.respond(exchange, message);
}

}  // namespace appserver::detail
