#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <appserver/url.hpp>

namespace appserver {

// Which requests from other sites carry a cookie. None requires `secure` in today's browsers.
enum class SameSite { Strict, Lax, None };

// A cookie to be set at the client, for Response::cookie(). The defaults are the careful choice:
// hidden from scripts, and not sent with requests that other sites make.
//
//   response.cookie({.name = "sid", .value = session, .max_age = std::chrono::hours(8),
//                    .secure = true});
//
// To delete a cookie, set it with the same path and domain and a max_age of zero.
struct SetCookie {
  std::string name{};     // a token
  std::string value{};    // no blanks, quotes, commas, semicolons or backslashes
  std::string path{"/"};  // empty: the browser derives it from the request
  std::string domain{};   // empty: this host only
  std::optional<std::chrono::seconds> max_age{};  // none: until the browser is closed
  bool secure = false;                            // only over HTTPS
  bool http_only = true;
  SameSite same_site = SameSite::Lax;
};

namespace detail {

// The bytes of a cookie value (RFC 6265 section 4.1.1, cookie-octet).
[[nodiscard]] constexpr bool is_cookie_byte(char byte) noexcept {
  constexpr std::string_view kForbidden = "\",;\\";
  return byte > ' ' && byte < 0x7F && kForbidden.find(byte) == std::string_view::npos;
}

// The bytes of a cookie attribute (RFC 6265 section 4.1.1, av-octet).
[[nodiscard]] constexpr bool is_attribute_byte(char byte) noexcept {
  return byte >= ' ' && byte < 0x7F && byte != ';';
}

[[nodiscard]] constexpr std::string_view name_of(SameSite same_site) noexcept {
  switch (same_site) {
    case SameSite::Strict:
      return "Strict";
    case SameSite::Lax:
      return "Lax";
    case SameSite::None:
      return "None";
  }
  return "Lax";
}

inline void check_cookie(const SetCookie& cookie) {
  const auto is_attribute = [](std::string_view text) {
    return std::all_of(text.begin(), text.end(), is_attribute_byte);
  };
  if (!url::is_token(cookie.name)) {
    throw std::invalid_argument("cookie \"" + cookie.name + "\": the name is not a token");
  }
  if (!std::all_of(cookie.value.begin(), cookie.value.end(), is_cookie_byte)) {
    throw std::invalid_argument("cookie \"" + cookie.name +
                                "\": the value contains a byte that must be encoded");
  }
  if (!is_attribute(cookie.path) || !is_attribute(cookie.domain)) {
    throw std::invalid_argument("cookie \"" + cookie.name +
                                "\": the path or domain contains a forbidden byte");
  }
}

}  // namespace detail

// The value of the Set-Cookie header field (RFC 6265 section 4.1.1).
// Errors: throws std::invalid_argument that names the cookie when a part of it has a byte that
// would change the meaning of the header. [any]
[[nodiscard]] inline std::string to_header_value(const SetCookie& cookie) {
  detail::check_cookie(cookie);
  std::string text = cookie.name + "=" + cookie.value;
  if (!cookie.path.empty()) {
    text += "; Path=" + cookie.path;
  }
  if (!cookie.domain.empty()) {
    text += "; Domain=" + cookie.domain;
  }
  if (cookie.max_age) {
    text += "; Max-Age=" + std::to_string(cookie.max_age->count());
  }
  if (cookie.secure) {
    text += "; Secure";
  }
  if (cookie.http_only) {
    text += "; HttpOnly";
  }
  return text.append("; SameSite=").append(detail::name_of(cookie.same_site));
}

}  // namespace appserver
