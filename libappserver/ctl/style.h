#pragma once

#include <string>
#include <string_view>

// How text is shown. [any] Pure.
namespace appserver::ctl {

struct Style {
  bool has_color = false;
  unsigned columns = 80;
};

enum class Color { None, Green, Yellow, Red, Bold, Faint };

// The text, in this colour if there are any.
[[nodiscard]] std::string colored(std::string_view text, Color color, const Style& style);

// The colour of a state of a server, generation, worker or deploy.
[[nodiscard]] Color color_of_state(std::string_view state);

// "1.2 s", "3 min 20 s", "2 h 5 min", "3 d 4 h"
[[nodiscard]] std::string duration_text(double seconds);

// A point in time, seconds since the epoch, in UTC: "2026-11-25 10:00:00".
[[nodiscard]] std::string time_text(double seconds);

}  // namespace appserver::ctl
