#pragma once

#include <cstddef>

#include <appserver/request.hpp>
#include <appserver/response.hpp>

namespace appserver {

namespace detail {
class Handler;
class Onion;
}  // namespace detail

// The rest of the way to the handler; see middleware.hpp, which is to be included for calling it.
// Valid while the middleware runs. [handler]
class Next {
 public:
  // Made by the app for each middleware.
  Next(const detail::Onion& onion, detail::Handler& handler, std::size_t layer) noexcept
      : onion_(onion), handler_(handler), layer_(layer) {}

  // Runs the inner middleware and the handler.
  // Errors: throws what they throw and no on_error() handler takes, except HttpError, which is a
  // response already.
  [[nodiscard]] Response operator()(const Request& request) const;

 private:
  const detail::Onion& onion_;
  detail::Handler& handler_;
  std::size_t layer_;
};

}  // namespace appserver
