#pragma once

#include <stdexcept>
#include <string>

#include <appserver/detail/reason.hpp>

namespace appserver {

// Throw it from a handler to answer with error_response(status, message) from any depth:
//   throw appserver::HttpError(404, "no such note");
// It is an answer and no defect: nothing is logged. Any other exception becomes a 500 whose text
// stays in the server's log, unless an on_error() handler makes something else of it. [any]
class HttpError : public std::runtime_error {
 public:
  explicit HttpError(int status) : HttpError(status, std::string(detail::reason_phrase(status))) {}
  HttpError(int status, const std::string& message)
      : std::runtime_error(message), status_(status) {}

  [[nodiscard]] int status() const noexcept { return status_; }

 private:
  int status_;
};

}  // namespace appserver
