#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <boost/beast/http/field.hpp>
#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <appserver/builders.hpp>
#include <appserver/request.hpp>
#include <appserver/response.hpp>
#include <appserver/url.hpp>

// Moves code that was written for Boost.Beast over as it is. The only header of ours that needs
// Boost (1.81 or later); app.hpp does not include it.
//
//   app.any("/{path*}", appserver::beast::handler(
//       [](appserver::beast::BeastRequest&& request) -> appserver::beast::BeastResponse {
//         return old_service.handle(std::move(request));
//       }));
namespace appserver::beast {

namespace http = boost::beast::http;

using BeastRequest = http::request<http::string_body>;
using BeastResponse = http::response<http::string_body>;

namespace detail {

[[nodiscard]] inline boost::beast::string_view to_beast(std::string_view text) noexcept {
  return {text.data(), text.size()};
}
[[nodiscard]] inline std::string to_std(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

// Fields that say how a message was cut into bytes, which is over for a message in memory.
[[nodiscard]] inline bool is_framing(std::string_view name) noexcept {
  return url::same_name(name, "Content-Length") || url::same_name(name, "Transfer-Encoding");
}

}  // namespace detail

// The request as Beast would have read it: fields in order, names as sent, the whole body. Of its
// framing only the Content-Length of the body is left. The value owns everything; keep it as long
// as you like. [handler]
[[nodiscard]] inline BeastRequest to_beast(const Request& request) {
  BeastRequest message;
  message.method_string(detail::to_beast(request.method()));
  message.target(detail::to_beast(request.target()));
  message.version(static_cast<unsigned>(request.http_version()));
  bool had_framing = false;
  for (const Field field : request.headers()) {
    if (detail::is_framing(field.name)) {
      had_framing = true;
    } else {
      message.insert(detail::to_beast(field.name), detail::to_beast(field.value));
    }
  }
  message.body() = request.body();
  if (had_framing || !request.body().empty()) {
    message.content_length(request.body().size());
  }
  return message;
}

// What the server sends for a response of Beast: status, fields in order, body. Its framing is made
// anew, `keep_alive(false)` closes the connection afterwards, and the reason is the status's usual
// one. [any]
[[nodiscard]] inline Response from_beast(BeastResponse message) {
  Response response;
  response.status(static_cast<int>(message.result_int()));
  for (const auto& field : message) {
    std::string name = detail::to_std(field.name_string());
    if (!detail::is_framing(name)) {
      response.add_header(std::move(name), detail::to_std(field.value()));
    }
  }
  return response.body(std::move(message.body()));
}

// A handler for App::get() and the like out of a function of Beast's messages.
template <typename Function>
requires std::is_invocable_r_v < BeastResponse, std::decay_t<Function>
&, BeastRequest > [[nodiscard]] auto handler(Function&& function) {
  return [function = std::forward<Function>(function)](const Request& request) mutable {
    return from_beast(function(to_beast(request)));
  };
}

}  // namespace appserver::beast
