#pragma once

#include <span>
#include <string_view>

namespace appserver::http {

// One header field, without colon and surrounding white space. Owns nothing: both views live as
// long as the bytes they point into.
struct Field {
  std::string_view name;
  std::string_view value;

  friend bool operator==(const Field&, const Field&) = default;
};

// The value of the first field of that name; empty when there is none. For fields that matter once.
// [any] Requires: `lower_name` is written in lower case.
[[nodiscard]] std::string_view value_of(std::span<const Field> fields,
                                        std::string_view lower_name) noexcept;

}  // namespace appserver::http
