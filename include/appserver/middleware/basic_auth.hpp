#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <appserver/builders.hpp>
#include <appserver/detail/base64.hpp>
#include <appserver/middleware.hpp>
#include <appserver/request.hpp>
#include <appserver/response.hpp>
#include <appserver/url.hpp>

namespace appserver {

// Who sent the request, for handlers behind basic_auth():
//   request.attached<appserver::AuthenticatedUser>()->name
struct AuthenticatedUser {
  std::string name;
};

// Whether a secret is the one that was given. The time that it takes depends on the length of
// `given` alone, so that a client who measures it learns nothing of the secret. [any]
[[nodiscard]] inline bool equal_in_constant_time(std::string_view secret,
                                                 std::string_view given) noexcept {
  // Volatile: or the compiler might stop at the first difference.
  volatile unsigned difference = secret.size() == given.size() ? 0 : 1;
  for (std::size_t at = 0; at < given.size(); ++at) {
    const char expected = secret.empty() ? '\0' : secret[at % secret.size()];
    difference = difference | static_cast<unsigned char>(expected ^ given[at]);
  }
  return difference == 0;
}

// The middleware that basic_auth() makes.
class BasicAuth {
 public:
  // Whether that user has that password. Called for each request: compare secrets with
  // equal_in_constant_time(), or better, verify a slow hash with a library made for it.
  using Check = std::function<bool(std::string_view user, std::string_view password)>;

  // Errors: throws std::invalid_argument when the realm has a byte that would end its quotes.
  BasicAuth(const std::string& realm, Check check) : check_(std::move(check)) {
    for (const char byte : realm) {
      if (byte < ' ' || byte > '~' || byte == '"' || byte == '\\') {
        throw std::invalid_argument("basic_auth: the realm has a quote, backslash or control byte");
      }
    }
    challenge_ = "Basic realm=\"" + realm + "\", charset=\"UTF-8\"";
  }

  [[nodiscard]] Response operator()(const Request& request, const Next& next) const {
    if (std::optional<std::string> user = authenticated(request)) {
      request.attach(AuthenticatedUser{std::move(*user)});
      return next(request);
    }
    return error_response(401).header("WWW-Authenticate", challenge_);
  }

 private:
  [[nodiscard]] std::optional<std::string> authenticated(const Request& request) const {
    constexpr std::string_view kScheme = "Basic ";
    const std::string_view field = request.header("Authorization").value_or("");
    if (!url::same_name(field.substr(0, kScheme.size()), kScheme)) {
      return std::nullopt;
    }
    const std::optional<std::string> pair =
        detail::base64_decode(url::trim(field.substr(kScheme.size())));
    const std::size_t colon = pair ? pair->find(':') : std::string::npos;
    if (colon == std::string::npos) {
      return std::nullopt;
    }
    std::string user = pair->substr(0, colon);
    const bool is_known = check_(user, std::string_view(*pair).substr(colon + 1));
    return is_known ? std::optional(std::move(user)) : std::nullopt;
  }

  Check check_;
  std::string challenge_;
};

// Middleware that lets in who has a name and a password (RFC 7617), and answers 401 to others. Only
// over HTTPS: the password is sent with every request, readable for who listens.
//   app.group("/admin").use(appserver::basic_auth("admin", check_against_database));
// Errors: as BasicAuth's constructor.
[[nodiscard]] inline BasicAuth basic_auth(const std::string& realm, BasicAuth::Check check) {
  return {realm, std::move(check)};
}

// The same for a few users with their passwords:
//   app.use(appserver::basic_auth("stage", {{"guest", password_from_environment}}));
[[nodiscard]] inline BasicAuth basic_auth(const std::string& realm,
                                          std::map<std::string, std::string> passwords) {
  return {realm,
          [passwords = std::move(passwords)](std::string_view user, std::string_view password) {
            bool is_known = false;
            for (const auto& [name, secret] : passwords) {  // all: who exists is a secret too
              const bool same_name = equal_in_constant_time(name, user);
              const bool same_password = equal_in_constant_time(secret, password);
              is_known = is_known || (same_name && same_password);
            }
            return is_known;
          }};
}

}  // namespace appserver
