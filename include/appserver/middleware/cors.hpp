#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <appserver/builders.hpp>
#include <appserver/middleware.hpp>
#include <appserver/request.hpp>
#include <appserver/response.hpp>
#include <appserver/url.hpp>

namespace appserver {

// Which pages of other origins may read answers, and send what (Fetch standard, "CORS protocol").
// The defaults allow nothing to anyone.
struct CorsOptions {
  // "https://example.org", as browsers write it: scheme, host, and the port unless it is the
  // scheme's own. {"*"}: everyone.
  std::vector<std::string> origins{};
  // What a preflight allows beside GET, HEAD and POST, which need no permission.
  std::vector<std::string> methods{"PUT", "PATCH", "DELETE"};
  // Request headers that are allowed; {"*"}: every one that is asked for.
  std::vector<std::string> headers{};
  // Response headers that scripts may read, beside Cache-Control, Content-Type and the like.
  std::vector<std::string> exposed{};
  // Whether cookies and Authorization go along. Not together with the origin "*".
  bool credentials = false;
  // How long a browser may remember a preflight. Browsers cut it to some hours.
  std::chrono::seconds max_age{600};
};

// The middleware that cors() makes.
class Cors {
 public:
  // Errors: throws std::invalid_argument for an origin that browsers never send, and for
  // credentials with the origin "*", which the standard forbids and which would give every site the
  // rights of every user.
  explicit Cors(CorsOptions options) : options_(std::move(options)) {
    allows_all_ = lists(options_.origins, "*");
    if (allows_all_ && options_.credentials) {
      throw std::invalid_argument("cors: credentials need a list of origins, not \"*\"");
    }
    for (const std::string& origin : options_.origins) {
      check_origin(origin);
    }
    methods_ = joined(options_.methods, "GET, HEAD, POST");
    headers_ = joined(options_.headers, "");
    exposed_ = joined(options_.exposed, "");
  }

  // A preflight is answered here; everything else goes on and gets its fields added.
  [[nodiscard]] Response operator()(const Request& request, const Next& next) const {
    const std::string_view origin = request.header("Origin").value_or("");
    const auto wanted_method = request.header("Access-Control-Request-Method");
    if (request.method() == "OPTIONS" && !origin.empty() && wanted_method) {
      return preflight(request, origin);
    }
    Response response = next(request);
    add_origin(response, origin);
    if (is_allowed(origin) && !exposed_.empty()) {
      response.header("Access-Control-Expose-Headers", exposed_);
    }
    return response;
  }

 private:
  // More than any page asks for; bounds what "*" repeats.
  static constexpr std::size_t kLongestHeaderList = 1024;

  [[nodiscard]] static bool lists(const std::vector<std::string>& list, std::string_view text) {
    return std::find(list.begin(), list.end(), text) != list.end();
  }

  [[nodiscard]] static std::string joined(const std::vector<std::string>& list,
                                          std::string_view first) {
    std::string text(first);
    for (const std::string& item : list) {
      if (!url::is_token(item)) {
        throw std::invalid_argument("cors: \"" + item + "\" is no method or header name");
      }
      text.append(text.empty() ? "" : ", ").append(item);
    }
    return text;
  }

  // An origin is compared byte by byte with what browsers send: scheme "://" host [":" port].
  static void check_origin(const std::string& origin) {
    const std::size_t host = origin.find("://");
    const bool is_origin = host != std::string::npos && host + 3 < origin.size() &&
                           origin.find_first_of("/?# \r\n*", host + 3) == std::string::npos &&
                           std::none_of(origin.begin(), origin.end(),
                                        [](char byte) { return byte >= 'A' && byte <= 'Z'; });
    if (origin != "*" && !is_origin) {
      throw std::invalid_argument("cors: \"" + origin +
                                  "\" is not an origin: write https://host, in lower case, "
                                  "without a path");
    }
  }

  [[nodiscard]] bool is_allowed(std::string_view origin) const {
    return !origin.empty() && (allows_all_ || lists(options_.origins, origin));
  }

  // Vary also where nothing is allowed: a cache must not give that answer to another origin.
  void add_origin(Response& response, std::string_view origin) const {
    if (!allows_all_) {
      response.add_header("Vary", "Origin");
    }
    if (is_allowed(origin)) {
      response.header("Access-Control-Allow-Origin", allows_all_ ? "*" : std::string(origin));
      if (options_.credentials) {
        response.header("Access-Control-Allow-Credentials", "true");
      }
    }
  }

  // Without the fields the browser refuses by itself, and tells its user why.
  [[nodiscard]] Response preflight(const Request& request, std::string_view origin) const {
    Response response = no_content();
    add_origin(response, origin);
    response.add_header("Vary", "Access-Control-Request-Method, Access-Control-Request-Headers");
    if (!is_allowed(origin)) {
      return response;
    }
    response.header("Access-Control-Allow-Methods", methods_);
    if (std::string allowed = allowed_headers(request); !allowed.empty()) {
      response.header("Access-Control-Allow-Headers", std::move(allowed));
    }
    return response.header("Access-Control-Max-Age", std::to_string(options_.max_age.count()));
  }

  // "*" is not sent as such: browsers exclude Authorization from it, and all with credentials.
  [[nodiscard]] std::string allowed_headers(const Request& request) const {
    if (!lists(options_.headers, "*")) {
      return headers_;
    }
    const std::string_view asked = request.header("Access-Control-Request-Headers").value_or("");
    return asked.size() <= kLongestHeaderList ? std::string(asked) : std::string();
  }

  CorsOptions options_;
  bool allows_all_ = false;
  std::string methods_;
  std::string headers_;
  std::string exposed_;
};

// Middleware that lets pages of other origins use these routes:
//   app.group("/api").use(appserver::cors({.origins = {"https://shop.example"},
//                                          .credentials = true}));
// Put it before other middleware, so that their refusals can be read by the page as well, and the
// preflight, which carries no credentials, does not meet authentication.
// It tells browsers what pages may do; it does not protect from other clients.
[[nodiscard]] inline Cors cors(CorsOptions options) {
  return Cors(std::move(options));
}

}  // namespace appserver
