#pragma once

#include <chrono>

#include <appserver/abi_testing.h>
#include <appserver/detail/host.hpp>

namespace appserver {

// What time it is: on the server the system's clocks, in tests whatever the test says
// (testing.hpp). Code that asks this clock can be tested without waiting.
//
// A small value: copy it freely. Get one from App::clock(), Request::clock() or Worker::clock(); it
// is valid for the life of the process. [zygote] [worker]
class Clock {
 public:
  using Steady = std::chrono::steady_clock::time_point;
  using Wall = std::chrono::system_clock::time_point;

  explicit Clock(detail::Host host) noexcept
      : host_(host), given_(host.extension<appserver_clock>(APPSERVER_CLOCK_EXTENSION)) {}

  // For measuring how long things take: never goes back.
  [[nodiscard]] Steady now() const noexcept {
    return given_ == nullptr ? std::chrono::steady_clock::now()
                             : Steady(since(given_->steady(host_.table())));
  }

  // The date and time of day, which may be set back.
  [[nodiscard]] Wall wall() const noexcept {
    if (given_ == nullptr) {
      return std::chrono::system_clock::now();
    }
    return Wall(std::chrono::duration_cast<Wall::duration>(since(given_->wall(host_.table()))));
  }

 private:
  [[nodiscard]] static std::chrono::nanoseconds since(std::int64_t nanoseconds) noexcept {
    return std::chrono::nanoseconds(nanoseconds);
  }

  detail::Host host_;
  const appserver_clock* given_;  // null: the system's
};

}  // namespace appserver
