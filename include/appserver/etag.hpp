#pragma once

#include <array>
#include <cinttypes>
#include <cstddef>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <appserver/detail/entity_tags.hpp>
#include <appserver/detail/murmur3.hpp>
#include <appserver/request.hpp>
#include <appserver/response.hpp>

// Entity tags (RFC 9110 section 8.8.3): names for versions of what is at a URL. With them a client
// asks "if it has changed", and says "if nobody else has changed it".
//
//   app.get("/prices", [](const appserver::Request& request) {
//     return appserver::with_etag(request, appserver::json(prices()));
//   });
//
// with_etag() saves sending the body, not making it. When a version is known before, from a row's
// counter or a time of change, compare it first: is_current(request, tag).
namespace appserver {

// A strong tag for exactly these bytes, quotes included. The same bytes give the same tag in every
// worker and on every machine. Made for telling versions apart, not for proof against forgery.
// [any]
[[nodiscard]] inline std::string strong_etag(std::string_view bytes) {
  const auto [high, low] = detail::Murmur3::of(bytes);
  std::array<char, 40> text;
  const int length =
      std::snprintf(text.data(), text.size(), "\"%016" PRIx64 "%016" PRIx64 "\"", high, low);
  return {text.data(), static_cast<std::size_t>(length)};
}

namespace detail {

[[nodiscard]] inline bool any_field_lists(const Request& request, std::string_view field_name,
                                          std::string_view etag, TagComparison how) {
  std::string_view rest = etag;
  const std::optional<EntityTag> own = take_entity_tag(rest);
  if (!own || !rest.empty()) {
    throw std::invalid_argument("not an entity tag, which stands in quotes: " + std::string(etag));
  }
  for (const Field field : request.headers()) {
    if (url::same_name(field.name, field_name) && lists_tag(field.value, *own, how)) {
      return true;
    }
  }
  return false;
}

}  // namespace detail

// Whether the client has the version `etag` already (If-None-Match, compared weakly: RFC 9110
// section 13.1.2). For GET and HEAD the answer is not_modified() then.
// Errors: throws std::invalid_argument when `etag` is none. [handler]
[[nodiscard]] inline bool is_current(const Request& request, std::string_view etag) {
  return detail::any_field_lists(request, "If-None-Match", etag, detail::TagComparison::Weak);
}

// Whether the client may change what is at version `etag`: it sent no If-Match, or one with this
// very version (RFC 9110 section 13.1.1). Else answer 412: somebody was faster.
// Errors: throws std::invalid_argument when `etag` is none. [handler]
[[nodiscard]] inline bool may_change(const Request& request, std::string_view etag) {
  return !request.header("If-Match") ||
         detail::any_field_lists(request, "If-Match", etag, detail::TagComparison::Strong);
}

// 304: the client has it. Goes with the fields of the response that it stands for which help
// caches: Cache-Control, Content-Location, Expires, Set-Cookie, Vary, and the tag (section 15.4.5).
[[nodiscard]] inline Response not_modified(std::string etag) {
  return Response().status(304).header("ETag", std::move(etag));
}

// Gives a response an ETag, and turns it into 304 when the client has it already. An ETag that the
// response has is used; else one is made of the body. Only a 200 to GET or HEAD that is at hand as
// a whole is touched: streams and files pass through (files have their own). [handler]
[[nodiscard]] inline Response with_etag(const Request& request, Response response) {
  const bool reads = request.method() == "GET" || request.method() == "HEAD";
  if (!reads || response.status() != 200 || response.has_late_body()) {
    return response;
  }
  if (response.header("ETag").empty()) {
    response.header("ETag", strong_etag(response.body()));
  }
  if (!is_current(request, response.header("ETag"))) {
    return response;
  }
  Response unchanged = not_modified(std::string(response.header("ETag")));
  for (const ResponseHeader& field : response.headers()) {
    for (const std::string_view kept :
         {"Cache-Control", "Content-Location", "Expires", "Set-Cookie", "Vary"}) {
      if (url::same_name(field.name, kept)) {
        unchanged.add_header(field.name, field.value);
      }
    }
  }
  return unchanged;
}

}  // namespace appserver
