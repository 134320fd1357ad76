#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <appserver/abi_mount.h>
#include <appserver/clock.hpp>
#include <appserver/detail/attachments.hpp>
#include <appserver/detail/host.hpp>
#include <appserver/detail/path.hpp>
#include <appserver/detail/pattern.hpp>
#include <appserver/detail/request_cookies.hpp>
#include <appserver/log.hpp>
#include <appserver/request_headers.hpp>
#include <appserver/shared_tokens.hpp>
#include <appserver/url.hpp>

namespace appserver {

// A complete HTTP request: everything has arrived and was checked to be well-formed HTTP.
//
// Lifetime: the request and every view that it gives are valid until the handler returns. What is
// to be kept longer is copied: std::string(request.body()). It is neither copied nor moved.
// Thread-safety: const functions but attach() may be called from several threads at once. [handler]
class Request {
 public:
  // Made by the server for each request.
  // Requires: the arguments outlive the object; `parameter_names` has a name for each parameter.
  Request(detail::Host host, appserver_exchange* exchange, const appserver_request& request,
          const detail::RequestPath& path, const detail::PathParameters& parameters,
          const std::vector<std::string>& parameter_names) noexcept
      : host_(host),
        exchange_(exchange),
        request_(request),
        path_(path),
        parameters_(parameters),
        parameter_names_(parameter_names) {}
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;
  ~Request() = default;

  // "GET", as sent; methods are case-sensitive (RFC 9110 section 9.1).
  [[nodiscard]] std::string_view method() const noexcept { return view(request_.method); }

  // The request-target as sent: "/a%20b?x=1".
  [[nodiscard]] std::string_view target() const noexcept { return view(request_.target); }

  // The path, decoded: "/a b". An escaped slash is a slash here; use param() to tell them apart.
  [[nodiscard]] std::string_view path() const noexcept { return path_.decoded(); }

  // The path as sent: "/a%20b".
  [[nodiscard]] std::string_view raw_path() const noexcept { return path_.raw(); }

  // The value that the route's pattern captured, decoded: with "/users/{id}", param("id").
  // Never empty for {name}; may be empty for {name*}.
  // Errors: throws std::out_of_range when the pattern has no such parameter, which is a mistake in
  // the app and becomes a 500 with that text in the log.
  [[nodiscard]] std::string_view param(std::string_view name) const {
    for (std::size_t at = 0; at < parameter_names_.size(); ++at) {
      if (parameter_names_[at] == name) {
        return parameters_.values[at];
      }
    }
    throw std::out_of_range("Request::param: the route's pattern has no parameter {" +
                            std::string(name) + "}");
  }

  // Where the app is mounted, as "/api"; empty when it has the whole server. The server took it
  // from the front of path(), so that routes are the same everywhere; links and redirects within
  // the app need it: redirect(std::string(request.mount()) + "/login").
  [[nodiscard]] std::string_view mount() const noexcept {
    const auto* const known = host_.extension<appserver_mount>(APPSERVER_MOUNT_EXTENSION);
    return known == nullptr ? std::string_view() : view(known->prefix(exchange_));
  }

  // The query as sent, without the '?': "x=1&y=2". Empty when there is none.
  [[nodiscard]] std::string_view query() const noexcept { return view(request_.query); }

  // The first value of a query field, decoded ('+' is a space; a malformed escape stays as it is).
  // Returns: nullopt when there is no such field; "" for a field without a value.
  [[nodiscard]] std::optional<std::string> query(std::string_view name) const {
    std::optional<std::string> found;
    url::visit_fields(query(), '&', [&found, name](std::string_view key, std::string_view value) {
      if (url::names_field(key, name)) {
        found = url::query_decode(value);
      }
      return found.has_value();
    });
    return found;
  }

  // All values of a query field, decoded, in order; for ?tag=a&tag=b.
  [[nodiscard]] std::vector<std::string> query_all(std::string_view name) const {
    std::vector<std::string> found;
    url::visit_fields(query(), '&', [&found, name](std::string_view key, std::string_view value) {
      if (url::names_field(key, name)) {
        found.push_back(url::query_decode(value));
      }
      return false;
    });
    return found;
  }

  // The value of the first header field of that name, ignoring case, or nullopt.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const noexcept {
    for (const Field field : headers()) {
      if (url::same_name(field.name, name)) {
        return field.value;
      }
    }
    return std::nullopt;
  }

  [[nodiscard]] RequestHeaders headers() const noexcept {
    return {request_.headers, request_.header_count};
  }

  // The value of the first cookie of that name (names are case-sensitive), or nullopt.
  [[nodiscard]] std::optional<std::string_view> cookie(std::string_view name) const {
    std::optional<std::string_view> found;
    detail::visit_cookies(headers(), [&found, name](Field cookie) {
      if (cookie.name == name) {
        found = cookie.value;
      }
      return found.has_value();
    });
    return found;
  }

  // All cookies in order. Values are as sent: quotes belong to them (RFC 6265 section 5.4).
  [[nodiscard]] std::vector<Field> cookies() const {
    std::vector<Field> found;
    detail::visit_cookies(headers(), [&found](Field cookie) {
      found.push_back(cookie);
      return false;
    });
    return found;
  }

  // The whole body with any transfer coding removed. Its size is bounded by --limit-request-body.
  [[nodiscard]] std::string_view body() const noexcept { return view(request_.body); }

  // The client's address: "192.0.2.1:51234", "[2001:db8::1]:443", "unix:".
  [[nodiscard]] std::string_view peer() const noexcept { return host_.peer(exchange_); }

  // "http" or "https": how the client came, as far as a trusted proxy says. For links and
  // redirects.
  [[nodiscard]] std::string_view scheme() const noexcept {
    return reaches(offsetof(appserver_request, scheme)) ? view(request_.scheme) : "http";
  }
  // The host, and the port when it was given, that the client asked for: "example.com:8443".
  [[nodiscard]] std::string_view host() const noexcept {
    return reaches(offsetof(appserver_request, authority)) ? view(request_.authority)
                                                           : header("Host").value_or("");
  }

  // The id that the access log shows for this request; pass it on to services you call.
  [[nodiscard]] std::string_view id() const noexcept { return host_.request_id(exchange_); }

  // Sends 103 (Early Hints, RFC 8297) with a Link field at once, while the answer is still being
  // made:
  //   request.early_hints("</style.css>; rel=preload; as=style");
  // Does nothing for HTTP/1.0 clients.
  // Errors: throws std::invalid_argument when `link` is no valid field value.
  void early_hints(std::string_view link) const {
    const appserver_stream* const stream = host_.stream();
    const appserver_header field{detail::to_abi("Link"), detail::to_abi(link)};
    if (stream != nullptr && stream->inform(exchange_, 103, &field, 1) != APPSERVER_OK) {
      throw std::invalid_argument("early_hints: not a valid Link field");
    }
  }

  // 10 for HTTP/1.0, 11 for HTTP/1.1.
  [[nodiscard]] int http_version() const noexcept {
    return static_cast<int>(request_.http_version);
  }

  [[nodiscard]] Log log() const noexcept { return Log(host_); }
  [[nodiscard]] Clock clock() const noexcept { return Clock(host_); }
  // Rate limits for whatever has a key, counted by all workers together.
  [[nodiscard]] SharedTokens shared_tokens() const noexcept { return SharedTokens(host_); }

  // Hands an object on to whoever handles the request after the caller: middleware to handlers.
  // There is one of each type; a second one replaces it. Lives as long as the request.
  //   request.attach(User{id});
  template <typename T>
  T& attach(T object) const {
    return attachments_.set(std::move(object));
  }
  // The object of that type, or null when nobody attached one:
  //   if (const User* user = request.attached<User>()) { ... }
  template <typename T>
  [[nodiscard]] T* attached() const noexcept {
    return attachments_.find<T>();
  }

  // Gives the handler `time` from now on, instead of what the server's --timeout has left it; zero
  // for no limit. A handler that knows it makes progress may call it again and again.
  void extend_deadline(std::chrono::milliseconds time) const noexcept {
    host_.set_deadline(exchange_, static_cast<std::uint64_t>(
                                      std::max(time.count(), std::chrono::milliseconds::rep{0})));
  }

 private:
  // Whether the server's struct, which may be older, contains the string at `offset`.
  [[nodiscard]] bool reaches(std::size_t offset) const noexcept {
    return offset + sizeof(appserver_str) <= request_.size;
  }
  [[nodiscard]] static std::string_view view(appserver_str text) noexcept {
    return detail::to_view(text);
  }

  detail::Host host_;
  appserver_exchange* exchange_;
  const appserver_request& request_;
  const detail::RequestPath& path_;
  const detail::PathParameters& parameters_;
  const std::vector<std::string>& parameter_names_;
  // Mutable, because it says nothing about what the client sent, which is what const protects.
  mutable detail::Attachments attachments_;
};

}  // namespace appserver
