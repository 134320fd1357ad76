#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <appserver/detail/http_date.hpp>
#include <appserver/url.hpp>

namespace appserver {

// Which requests from other sites carry a cookie.
enum class SameSite { Strict, Lax, None };

// A cookie to be set at the client, for Response::cookie(). The defaults are the careful choice:
// hidden from scripts, and not sent with requests that other sites make.
//
//   response.cookie({.name = "sid", .value = session, .max_age = std::chrono::hours(8),
//                    .secure = true});
//
// What browsers would drop without a word is refused here (RFC 6265bis sections 4.1 and 5):
//  - SameSite=None and Partitioned need `secure`;
//  - a name that begins with "__Secure-" needs `secure`; one that begins with "__Host-" also needs
//    the path "/" and no domain: such a cookie cannot have been set by another host;
//  - a path begins with a slash; name and value are at most 4096 bytes together, path and domain
//    1024 bytes each.
// To delete a cookie see expired().
struct SetCookie {
  std::string name{};     // a token
  std::string value{};    // no blanks, quotes, commas, semicolons or backslashes
  std::string path{"/"};  // empty: the browser derives it from the request
  std::string domain{};   // empty: this host only, else with all hosts below it
  std::optional<std::chrono::seconds> max_age{};      // none: until the browser is closed
  std::optional<std::chrono::sys_seconds> expires{};  // the older way; max_age wins over it
  bool secure = false;                                // only over HTTPS
  bool http_only = true;
  SameSite same_site = SameSite::Lax;
  bool partitioned = false;  // a jar of its own for each site that embeds this one (CHIPS)
};

namespace detail {

constexpr std::size_t kLongestCookie = 4096;
constexpr std::size_t kLongestCookieAttribute = 1024;

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

[[noreturn]] inline void refuse_cookie(const SetCookie& cookie, const char* why) {
  throw std::invalid_argument("cookie \"" + cookie.name + "\": " + why);
}

// Browsers compare the prefixes of names ignoring case (RFC 6265bis section 5.7).
[[nodiscard]] constexpr bool has_name_prefix(std::string_view name,
                                             std::string_view prefix) noexcept {
  return url::same_name(name.substr(0, prefix.size()), prefix);
}

inline void check_cookie_syntax(const SetCookie& cookie) {
  const auto is_attribute = [](std::string_view text) {
    return text.size() <= kLongestCookieAttribute &&
           std::all_of(text.begin(), text.end(), is_attribute_byte);
  };
  if (!url::is_token(cookie.name)) {
    refuse_cookie(cookie, "the name is not a token");
  }
  if (!std::all_of(cookie.value.begin(), cookie.value.end(), is_cookie_byte)) {
    refuse_cookie(cookie, "the value contains a byte that must be encoded");
  }
  if (cookie.name.size() + cookie.value.size() > kLongestCookie) {
    refuse_cookie(cookie, "browsers drop cookies above 4096 bytes: keep the bulk on the server");
  }
  if (!is_attribute(cookie.path) || !is_attribute(cookie.domain)) {
    refuse_cookie(cookie, "the path or domain contains a forbidden byte or is too long");
  }
  if (!cookie.path.empty() && cookie.path.front() != '/') {
    refuse_cookie(cookie, "the path must begin with a slash");
  }
}

inline void check_cookie_rules(const SetCookie& cookie) {
  if (!cookie.secure) {
    if (cookie.same_site == SameSite::None || cookie.partitioned) {
      refuse_cookie(cookie, "SameSite=None and Partitioned need .secure = true");
    }
    if (has_name_prefix(cookie.name, "__Secure-") || has_name_prefix(cookie.name, "__Host-")) {
      refuse_cookie(cookie, "a name with this prefix needs .secure = true");
    }
  }
  if (has_name_prefix(cookie.name, "__Host-") && (cookie.path != "/" || !cookie.domain.empty())) {
    refuse_cookie(cookie, "a name with the prefix __Host- needs the path \"/\" and no domain");
  }
}

}  // namespace detail

// The value of the Set-Cookie header field (RFC 6265 section 4.1.1).
// Errors: throws std::invalid_argument that names the cookie when a part of it has a byte that
// would change the meaning of the header, or when browsers would drop it; see SetCookie. [any]
[[nodiscard]] inline std::string to_header_value(const SetCookie& cookie) {
  detail::check_cookie_syntax(cookie);
  detail::check_cookie_rules(cookie);
  std::string text = cookie.name + "=" + cookie.value;
  const auto add = [&text](bool wanted, std::string_view attribute, std::string_view value) {
    if (wanted) {
      text.append("; ").append(attribute).append(value);
    }
  };
  add(!cookie.path.empty(), "Path=", cookie.path);
  add(!cookie.domain.empty(), "Domain=", cookie.domain);
  if (cookie.max_age) {
    add(true, "Max-Age=", std::to_string(cookie.max_age->count()));
  }
  if (cookie.expires) {
    add(true, "Expires=", detail::to_http_date(*cookie.expires));
  }
  add(cookie.secure, "Secure", "");
  add(cookie.http_only, "HttpOnly", "");
  add(true, "SameSite=", detail::name_of(cookie.same_site));
  add(cookie.partitioned, "Partitioned", "");
  return text;
}

// The cookie that deletes `cookie` at the client: one of the same name, path and domain, whose time
// is over. Give it the other attributes as well, or the browser may refuse to replace it. [any]
//   response.cookie(appserver::expired({.name = "sid", .secure = true}));
[[nodiscard]] inline SetCookie expired(SetCookie cookie) {
  cookie.value.clear();
  cookie.max_age = std::chrono::seconds(0);
  cookie.expires = std::chrono::sys_seconds();
  return cookie;
}

}  // namespace appserver
