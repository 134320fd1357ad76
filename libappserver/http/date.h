#pragma once

#include <array>
#include <chrono>
#include <string_view>

namespace appserver::http {

// The value of a Date field, made once a second instead of once a response. Reads no clock and no
// locale. [worker] Single-threaded.
class DateCache {
 public:
  // `now` as IMF-fixdate, e.g. "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7). Any second
  // may follow any other. Requires: a year of four digits; others are clamped to 1970 and 9999.
  // The view lives as long as the cache; its text changes with the next call.
  [[nodiscard]] std::string_view text(std::chrono::sys_seconds now);

 private:
  std::array<char, 29> text_{};
  std::chrono::sys_seconds made_for_ = std::chrono::sys_seconds::min();  // Nothing made yet.
};

}  // namespace appserver::http
