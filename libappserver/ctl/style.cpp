#include "ctl/style.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <ctime>

namespace appserver::ctl {
namespace {

std::string_view code_of(Color color) {
  switch (color) {
    case Color::Green:
      return "\x1b[32m";
    case Color::Yellow:
      return "\x1b[33m";
    case Color::Red:
      return "\x1b[31m";
    case Color::Bold:
      return "\x1b[1m";
    case Color::Faint:
      return "\x1b[2m";
    case Color::None:
      break;
  }
  return "";
}

std::string two_units(std::int64_t larger, const char* name, std::int64_t smaller,
                      const char* smaller_name) {
  std::string text = std::to_string(larger) + " " + name;
  return smaller == 0 ? text : text + " " + std::to_string(smaller) + " " + smaller_name;
}

}  // namespace

std::string colored(std::string_view text, Color color, const Style& style) {
  return style.has_color && color != Color::None
             ? std::string(code_of(color)) + std::string(text) + "\x1b[0m"
             : std::string(text);
}

Color color_of_state(std::string_view state) {
  constexpr std::array<std::string_view, 4> kGood{"serving", "live", "done", "unchanged"};
  constexpr std::array<std::string_view, 5> kBad{"failed", "rolled back", "refused", "degraded",
                                                 "error"};
  constexpr std::array<std::string_view, 4> kPast{"retired", "standby", "superseded", "cancelled"};
  const auto is_in = [state](const auto& states) {
    return std::find(states.begin(), states.end(), state) != states.end();
  };
  return is_in(kGood)   ? Color::Green
         : is_in(kBad)  ? Color::Red
         : is_in(kPast) ? Color::Faint
                        : Color::Yellow;
}

std::string duration_text(double seconds) {
  constexpr std::int64_t kMinute = 60;
  constexpr std::int64_t kHour = 60 * kMinute;
  constexpr std::int64_t kDay = 24 * kHour;
  constexpr double kLongest = 1e12;
  const double bounded = std::isfinite(seconds) ? std::clamp(seconds, 0.0, kLongest) : 0;
  const auto whole = static_cast<std::int64_t>(bounded);
  if (whole >= kDay) {
    return two_units(whole / kDay, "d", whole % kDay / kHour, "h");
  }
  if (whole >= kHour) {
    return two_units(whole / kHour, "h", whole % kHour / kMinute, "min");
  }
  if (whole >= kMinute) {
    return two_units(whole / kMinute, "min", whole % kMinute, "s");
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), bounded < 10 ? "%.2f s" : "%.0f s", bounded);
  return text.data();
}

std::string time_text(double seconds) {
  constexpr double kLast = 253402300799.0;  // The year 9999.
  const double bounded = std::isfinite(seconds) ? std::clamp(seconds, 0.0, kLast) : 0;
  const auto time = static_cast<std::time_t>(bounded);
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts);
  return text.data();
}

}  // namespace appserver::ctl
