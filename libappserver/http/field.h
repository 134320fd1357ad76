#pragma once

#include <string_view>

namespace appserver::http {

// One header field, without colon and surrounding white space. Owns nothing: both views live as
// long as the bytes they point into.
struct Field {
  std::string_view name;
  std::string_view value;

  friend bool operator==(const Field&, const Field&) = default;
};

}  // namespace appserver::http
