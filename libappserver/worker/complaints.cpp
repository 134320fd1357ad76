#include "worker/complaints.h"

#include <chrono>
#include <utility>

#include "base/coarse_clock.h"

namespace appserver::worker {

void Complaints::warn(std::string_view message, std::string_view why) noexcept {
  const TimePoint now = coarse_now();
  if (now - last_ < std::chrono::seconds(1)) {
    ++suppressed_;
    return;
  }
  last_ = now;
  log_.warning(message, {{"why", why}, {"not_told", std::exchange(suppressed_, 0U)}});
}

}  // namespace appserver::worker
