#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <appserver/abi.h>
#include <appserver/detail/host.hpp>
#include <appserver/url.hpp>

// What goes to an app under test, and what comes back. Plain values.
namespace appserver::testing {

using Headers = std::vector<std::pair<std::string, std::string>>;

// The value of the first field of that name, ignoring case; empty when there is none.
[[nodiscard]] inline std::string_view value_of(const Headers& headers,
                                               std::string_view name) noexcept {
  for (const auto& [key, value] : headers) {
    if (url::same_name(key, name)) {
      return value;
    }
  }
  return {};
}

[[nodiscard]] inline bool has_field(const Headers& headers, std::string_view name) noexcept {
  for (const auto& field : headers) {
    if (url::same_name(field.first, name)) {
      return true;
    }
  }
  return false;
}

// A request as it will reach the app.
struct Message {
  std::string method;
  std::string target;
  Headers headers;
  std::string body{};
};

// Where a request seems to come from.
struct Origin {
  std::string peer = "192.0.2.1:51234";
  std::string scheme = "http";
  std::string request_id = "test-1";
};

// An interim response, such as 103 (Early Hints).
struct Hint {
  int status = 0;
  Headers headers;
};

// What the client got.
struct Reply {
  int status = 0;
  Headers headers{};  // in order, names as the app wrote them
  std::string body{};
  Headers trailers{};
  std::vector<Hint> hints{};  // came before
  // False: the body was cut off, as its source failed or did not keep to its length.
  bool is_complete = true;

  // The value of the first field of that name, ignoring case; empty when there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const noexcept {
    return value_of(headers, name);
  }
  [[nodiscard]] bool has_header(std::string_view name) const noexcept {
    return has_field(headers, name);
  }
};

// A record that the app, or the server for it, wrote to the error log.
struct LogRecord {
  int level = APPSERVER_LOG_INFO;  // one of APPSERVER_LOG_…
  std::string text;
};

// Copies what an app gave across the C boundary.
[[nodiscard]] inline Headers to_headers(const appserver_header* fields, std::size_t count) {
  Headers headers;
  for (std::size_t at = 0; at < count; ++at) {
    headers.emplace_back(detail::to_view(fields[at].name), detail::to_view(fields[at].value));
  }
  return headers;
}

}  // namespace appserver::testing
