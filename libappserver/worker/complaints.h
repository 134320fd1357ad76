#pragma once

#include <initializer_list>
#include <string_view>

#include "base/clock.h"
#include "observe/log.h"

namespace appserver::worker {

// Log records about something that strangers can bring about as often as they like: at most one a
// second, so that they cannot fill the disk. [worker]
class Complaints {
 public:
  // `log` outlives the object.
  explicit Complaints(observe::Log& log) noexcept : log_(log) {}

  // Writes a warning, or counts it if there was one less than a second ago; the next one that is
  // written tells how many were not.
  void warn(std::string_view message, std::string_view why) noexcept;

 private:
  observe::Log& log_;
  TimePoint last_{};
  unsigned suppressed_ = 0;
};

}  // namespace appserver::worker
