#pragma once

#include <arpa/inet.h>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <functional>
#include <memory>
#include <netinet/in.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <appserver/builders.hpp>
#include <appserver/middleware.hpp>
#include <appserver/request.hpp>
#include <appserver/response.hpp>
#include <appserver/token_store.hpp>

namespace appserver {

namespace detail {

// "2001:db8:1:2::/64", or, of an address that wraps one of IPv4, that one.
[[nodiscard]] inline std::string network_of_ipv6(const std::string& address) {
  in6_addr binary{};
  if (::inet_pton(AF_INET6, address.c_str(), &binary) != 1) {
    return address;
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (IN6_IS_ADDR_V4MAPPED(&binary)) {
    ::inet_ntop(AF_INET, &binary.s6_addr[12], text.data(), text.size());
    return text.data();
  }
  std::memset(&binary.s6_addr[8], 0, 8);
  ::inet_ntop(AF_INET6, &binary, text.data(), text.size());
  return std::string(text.data()) + "/64";
}

}  // namespace detail

// The network of the client: its address, without the port, and for IPv6 the 64 bits that belong to
// one subscriber, who has 2^64 addresses in there. Behind a proxy it is the client's only if the
// proxy is trusted (--forwarded-allow-ips). [handler]
[[nodiscard]] inline std::string client_network(const Request& request) {
  const std::string_view peer = request.peer();
  if (peer.starts_with('[')) {
    const std::size_t end = peer.find(']');
    return detail::network_of_ipv6(
        std::string(peer.substr(1, end == std::string_view::npos ? end : end - 1)));
  }
  return std::string(peer.substr(0, peer.find(':')));
}

// How often, for whom, and counted where.
struct RateLimitOptions {
  TokenBucket bucket{};
  // Whom a request is counted for: the client's network, a user, an API key. An empty key is not
  // limited. It is the client that chooses a header: authenticate before you use one.
  std::function<std::string(const Request&)> key = client_network;
  // Where it is counted; null: by all workers of the server together (SharedTokens), or, where that
  // is not to be had, in the worker's memory.
  std::shared_ptr<TokenStore> store{};
  // Limits of one name are one limit. Empty: this one is on its own, as the app's first, second or
  // nth unnamed one, so that a new build that makes them in another order counts anew.
  std::string name{};
};

// The middleware that rate_limit() makes.
class RateLimit {
 public:
  // Errors: throws std::invalid_argument for a rate that is not above zero, or a burst below one.
  explicit RateLimit(RateLimitOptions options) : options_(std::move(options)) {
    if (!(options_.bucket.per_second > 0) || !(options_.bucket.burst >= 1)) {
      throw std::invalid_argument("rate_limit: per_second must be above 0 and burst at least 1");
    }
    if (options_.name.empty()) {
      options_.name = "unnamed " + std::to_string(next_number());
    }
    is_shared_ = options_.store == nullptr;
    if (is_shared_) {
      options_.store = std::make_shared<WorkerTokenStore>();
    }
  }

  [[nodiscard]] Response operator()(const Request& request, const Next& next) const {
    const std::string key = options_.key(request);
    if (key.empty()) {
      return next(request);
    }
    const auto wait = take(request, key);
    if (wait <= wait.zero()) {
      return next(request);
    }
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait);
    return error_response(429).header("Retry-After", std::to_string(seconds.count()));
  }

 private:
  // How many limits were made before. The same in all workers, since all run the same set-up.
  [[nodiscard]] static unsigned next_number() noexcept {
    static std::atomic<unsigned> made{0};
    return ++made;
  }

  [[nodiscard]] std::chrono::nanoseconds take(const Request& request,
                                              const std::string& key) const {
    if (is_shared_) {
      if (const SharedTokens tokens = request.shared_tokens(); tokens.are_there()) {
        // No byte of a name or key is lost, and the zero is in no name.
        return tokens.take(options_.name + '\0' + key, options_.bucket);
      }
    }
    return options_.store->take(key, options_.bucket, request.clock().now());
  }

  RateLimitOptions options_;
  bool is_shared_ = false;
};

// Middleware that answers 429 with Retry-After to keys that ask too often:
//   app.group("/login").use(appserver::rate_limit({.bucket = {.per_second = 0.2, .burst = 5}}));
// All workers count together, and a deploy changes nothing about what is left.
// Errors: as RateLimit's constructor.
[[nodiscard]] inline RateLimit rate_limit(RateLimitOptions options) {
  return RateLimit(std::move(options));
}

}  // namespace appserver
