#pragma once

#include <chrono>

namespace appserver::testing {

// The time that an app under test sees through appserver::Clock. It stands still unless a test
// moves it; it begins at 2026-01-01T00:00:00Z, so that tests do not depend on when they run.
class FakeTime {
 public:
  using Wall = std::chrono::system_clock::time_point;

  // Lets time pass for both clocks. Requires: `by` is not negative.
  void advance(std::chrono::nanoseconds by) noexcept { elapsed_ += by; }

  // Sets date and time of day; the steady clock stays as it is.
  void set_wall(Wall now) noexcept { start_ = now - to_wall(elapsed_); }

  [[nodiscard]] std::chrono::nanoseconds steady() const noexcept { return kBoot + elapsed_; }
  [[nodiscard]] Wall wall() const noexcept { return start_ + to_wall(elapsed_); }

 private:
  // Not zero, which code might take for "never".
  static constexpr std::chrono::nanoseconds kBoot = std::chrono::hours(1);

  [[nodiscard]] static Wall::duration to_wall(std::chrono::nanoseconds time) noexcept {
    return std::chrono::duration_cast<Wall::duration>(time);
  }

  std::chrono::nanoseconds elapsed_{0};
  Wall start_ = std::chrono::sys_days(std::chrono::year(2026) / 1 / 1);
};

}  // namespace appserver::testing
