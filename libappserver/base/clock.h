#pragma once

#include <chrono>
namespace appserver {

// Time as the deciding code sees it: monotonic, so that a stepped wall clock kills nobody.
using Clock = std::chrono::steady_clock;
using Duration = Clock::duration;
using TimePoint = Clock::time_point;

}  // namespace appserver
