#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <appserver/detail/http_date.hpp>
#include <appserver/detail/reason.hpp>
#include <appserver/testing/messages.hpp>
#include <appserver/url.hpp>

// Not part of the user's interface: what the server demands of a response, and adds to it.
// tests/server holds the same apps against the real server.
namespace appserver::testing::rules {

[[nodiscard]] inline bool has_no_length(int status) noexcept {
  return status < 200 || status == 204 || status == 304;
}

[[nodiscard]] inline bool has_no_body(int status) noexcept {
  return has_no_length(status) || status == 205;
}

// Why the server would refuse a field; empty when it would not.
[[nodiscard]] inline std::string refusal_of(const Headers& headers) {
  using namespace std::string_view_literals;
  for (const auto& [name, value] : headers) {
    if (!url::is_token(name)) {
      return "field name \"" + name + "\" is not an HTTP token";
    }
    if (value.find_first_of("\r\n\0"sv) != std::string::npos) {
      return "value of field \"" + name + "\" contains CR, LF or NUL";
    }
  }
  return {};
}

[[nodiscard]] inline std::string refusal_of(std::uint32_t status, const Headers& headers) {
  if (status < 200 || status > 599) {
    return "response status " + std::to_string(status) + " is not a final HTTP status";
  }
  return refusal_of(headers);
}

// Errors: throws std::invalid_argument for a request that no HTTP client could send, as it would be
// a mistake in the test.
inline void check_request(std::string_view method, std::string_view target,
                          const Headers& headers) {
  const bool has_blank = std::any_of(target.begin(), target.end(), [](char byte) {
    const auto code = static_cast<unsigned char>(byte);
    return code <= ' ' || code >= 0x7F;
  });
  if (!url::is_token(method)) {
    throw std::invalid_argument("\"" + std::string(method) + "\" is no method");
  }
  const bool is_origin_form = target.starts_with('/') || (target == "*" && method == "OPTIONS");
  if (has_blank || !is_origin_form || target.find('#') != std::string_view::npos) {
    throw std::invalid_argument("\"" + std::string(target) +
                                "\" is no request-target: begin with a slash, encode the rest");
  }
  if (const std::string why = refusal_of(headers); !why.empty()) {
    throw std::invalid_argument(why);
  }
}

// The length that a request announces for its body; 0 when it announces none.
[[nodiscard]] inline std::uint64_t announced_length(const Headers& headers) noexcept {
  const std::string_view text = value_of(headers, "Content-Length");
  std::uint64_t length = 0;
  std::from_chars(text.data(), text.data() + text.size(), length);
  return length;
}

// Takes out what is the server's business. Returns: the Content-Length that the app gave, if it is
// a number, and whether it asks to close.
struct Taken {
  std::optional<std::uint64_t> length;
  bool close = false;
};
[[nodiscard]] inline Taken take_framing(Headers& headers) {
  constexpr auto kOwn =
      std::to_array<std::string_view>({"content-length", "transfer-encoding", "connection",
                                       "keep-alive", "proxy-connection", "upgrade"});
  Taken taken;
  const std::string_view length = url::trim(value_of(headers, "content-length"));
  if (!length.empty() && length.find_first_not_of("0123456789") == std::string_view::npos) {
    taken.length = std::stoull(std::string(length));
  }
  taken.close = url::same_name(url::trim(value_of(headers, "connection")), "close");
  std::erase_if(headers, [&](const auto& field) {
    return std::any_of(kOwn.begin(), kOwn.end(), [&field](std::string_view name) {
      return url::same_name(field.first, name);
    });
  });
  return taken;
}

// Adds what is the server's to say. `closes`: it ends the connection.
inline void complete(Reply& reply, std::chrono::system_clock::time_point now, bool closes) {
  if (!reply.has_header("Date")) {
    reply.headers.emplace_back("Date",
                               detail::to_http_date(std::chrono::floor<std::chrono::seconds>(now)));
  }
  if (!reply.has_header("Server")) {
    reply.headers.emplace_back("Server", "appserverd");
  }
  if (closes && !reply.has_header("Connection")) {
    reply.headers.emplace_back("Connection", "close");
  }
}

// The server's own words: "500 Internal Server Error", and a sentence.
[[nodiscard]] inline Reply error_reply(int status, std::string_view reason = {}) {
  Reply reply;
  reply.status = status;
  reply.body = std::to_string(status) + " " + std::string(detail::reason_phrase(status)) + "\n";
  if (!reason.empty()) {
    reply.body.append(reason).append("\n");
  }
  reply.headers = {{"Content-Type", "text/plain; charset=utf-8"}};
  return reply;
}

// The same when an app did not answer: then the client's Accept chooses the form.
[[nodiscard]] inline Reply failure_reply(int status) {
  Reply reply = error_reply(status);
  reply.headers.emplace_back("Vary", "Accept");
  reply.headers.emplace_back("Content-Length", std::to_string(reply.body.size()));
  return reply;
}

}  // namespace appserver::testing::rules
