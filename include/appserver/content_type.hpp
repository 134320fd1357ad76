#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <appserver/request.hpp>
#include <appserver/url.hpp>

// Header values of the form `value; name=parameter; name="parameter"`: Content-Type,
// Content-Disposition (RFC 9110 section 5.6.6).
namespace appserver {

namespace detail {

// Takes a quoted-string from the front of `text`, which begins with '"'. A backslash escapes only a
// quote or a backslash: browsers of old sent Windows paths as they were.
// Returns: nullopt when there is no second quote.
[[nodiscard]] inline std::optional<std::string> take_quoted(std::string_view& text) {
  std::string value;
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == '"') {
      text.remove_prefix(at + 1);
      return value;
    }
    const std::string_view next = text.substr(at + 1, 1);
    if (text[at] == '\\' && (next == "\"" || next == "\\")) {
      ++at;
    }
    value.push_back(text[at]);
  }
  return std::nullopt;
}

// Takes `name=value` from the front of `text`, up to the next semicolon.
// Returns: whether it was well-formed; then `name` and `value` are set.
[[nodiscard]] inline bool take_parameter(std::string_view& text, std::string_view& name,
                                         std::string& value) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) {
    return false;
  }
  name = url::trim(text.substr(0, equals));
  text = url::trim(text.substr(equals + 1));
  if (text.starts_with('"')) {
    std::optional<std::string> quoted = take_quoted(text);
    if (!quoted) {
      return false;
    }
    value = std::move(*quoted);
    text = url::trim(text);
    return url::is_token(name) && (text.empty() || text.front() == ';');
  }
  const std::string_view token = url::trim(text.substr(0, text.find(';')));
  text.remove_prefix(std::min(text.find(';'), text.size()));
  value = token;
  return url::is_token(name) && !token.empty();
}

}  // namespace detail

// What stands before the parameters: "text/html" of "text/html; charset=utf-8". [any]
[[nodiscard]] constexpr std::string_view bare_value(std::string_view value) noexcept {
  return url::trim(value.substr(0, value.find(';')));
}

// Calls `visit(name, value)` for each parameter until it returns true. Names are as sent and
// compared ignoring case; values without their quotes.
// Returns: false when the parameters are malformed; those before the fault were visited. [any]
template <typename Visit>
[[nodiscard]] bool visit_parameters(std::string_view value, Visit&& visit) {
  std::string_view rest = value.substr(std::min(value.find(';'), value.size()));
  while (!rest.empty()) {
    rest = url::trim(rest.substr(1));  // the semicolon
    if (rest.empty() || rest.front() == ';') {
      continue;  // an empty parameter is allowed
    }
    std::string_view name;
    std::string parameter;
    if (!detail::take_parameter(rest, name, parameter)) {
      return false;
    }
    if (visit(name, std::string_view(parameter))) {
      return true;
    }
  }
  return true;
}

// The parameter of that name; nullopt when there is none or the value is malformed. [any]
[[nodiscard]] inline std::optional<std::string> parameter_of(std::string_view value,
                                                             std::string_view wanted) {
  std::optional<std::string> found;
  const bool well_formed =
      visit_parameters(value, [&](std::string_view name, std::string_view parameter) {
        if (url::same_name(name, wanted)) {
          found = parameter;
        }
        return found.has_value();
      });
  return well_formed ? found : std::nullopt;
}

// Whether the request's body is of that media type, whatever its parameters:
//   if (!appserver::has_media_type(request, "application/json")) { ... 415 ... }
[[nodiscard]] inline bool has_media_type(const Request& request, std::string_view type) noexcept {
  return url::same_name(bare_value(request.header("Content-Type").value_or("")), type);
}

}  // namespace appserver
