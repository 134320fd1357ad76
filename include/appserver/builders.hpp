#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <appserver/detail/reason.hpp>
#include <appserver/response.hpp>

// Builders of responses. Each makes a complete one with status 200 unless it says otherwise. [any]
namespace appserver {

[[nodiscard]] inline Response text(Body body) {
  return Response(std::move(body), "text/plain; charset=utf-8");
}

[[nodiscard]] inline Response html(Body body) {
  return Response(std::move(body), "text/html; charset=utf-8");
}

// `body` is JSON text already; use the JSON library you like to make it.
[[nodiscard]] inline Response json(Body body) {
  return Response(std::move(body), "application/json");
}

// Any bytes, with the content type that describes them: bytes(png, "image/png").
[[nodiscard]] inline Response bytes(Body body, std::string content_type) {
  return Response(std::move(body), {}).header("Content-Type", std::move(content_type));
}

// 204: done, and there is nothing to show.
[[nodiscard]] inline Response no_content() {
  return Response().status(204);
}

// A status without a body.
[[nodiscard]] inline Response status(int code) {
  return Response().status(code);
}

// A failure told as plain text: the message, or the status's usual name ("Not Found").
[[nodiscard]] inline Response error_response(int code, Body message = {}) {
  if (message.bytes.empty()) {
    message.bytes = detail::reason_phrase(code);
  }
  return text(std::move(message)).status(code);
}

// Sends the client elsewhere (RFC 9110 section 15.4). Which code, by what the client shall do:
//
//               | with the same method and body | with GET
//   this time   | 307                           | 302 (redirect), 303 (see_other)
//   for good    | 308 (moved_permanently)       | 301
//
// 301 and 302 change POST to GET in practice and leave other methods alone; 303 always asks for
// GET, 307 and 308 never change anything.
// `location` is a URL or a path, encoded already; the server refuses line breaks in it. When it
// comes from the client, check it with is_local_target() first.
// Errors: throws std::invalid_argument for a code that is none of these five.
[[nodiscard]] inline Response redirect(std::string location, int code = 302) {
  const bool redirects = (code >= 301 && code <= 303) || code == 307 || code == 308;
  if (!redirects) {
    throw std::invalid_argument("redirect: " + std::to_string(code) +
                                " does not redirect: use 301, 302, 303, 307 or 308");
  }
  return Response().status(code).header("Location", std::move(location));
}

// 303: the request is done, and its result is at `location`. The answer to a form that was posted,
// so that reloading the page does not post it again.
[[nodiscard]] inline Response see_other(std::string location) {
  return redirect(std::move(location), 303);
}

// 308: for good; clients may remember it for ever, also for other methods than GET.
[[nodiscard]] inline Response moved_permanently(std::string location) {
  return redirect(std::move(location), 308);
}

// Whether `target`, which a client gave ("/login?next=TARGET"), leads to a place on this site:
// it begins with one slash, and browsers do not read it as a host ("//evil", "/\evil") or drop
// bytes of it until they do ("/<tab>/evil"; URL standard, "basic URL parser").
[[nodiscard]] constexpr bool is_local_target(std::string_view target) noexcept {
  if (target.empty() || target.front() != '/') {
    return false;
  }
  for (const char byte : target) {
    const auto code = static_cast<unsigned char>(byte);
    if (code <= ' ' || code == 0x7F) {
      return false;
    }
  }
  return target.size() == 1 || (target[1] != '/' && target[1] != '\\');
}

}  // namespace appserver
