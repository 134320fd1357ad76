#pragma once

#include <string_view>

#include "ctl/style.h"

namespace appserver::ctl {

// How to write to standard output: with colours if it is a terminal and NO_COLOR is not set
// (no-color.org), as wide as that is; without bounds elsewhere.
[[nodiscard]] Style output_style();
[[nodiscard]] bool output_is_terminal();

void write_output(std::string_view text);
void write_complaint(std::string_view text);

// Takes the whole screen while it lives, and gives it back as it was. Signals that end the program
// wait meanwhile, and are seen by wait().
class Screen {
 public:
  Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;
  ~Screen();

  void show(std::string_view page);
  // Waits a second, or until the size of the terminal changes. Returns: false when the user wants
  // to leave (SIGINT, SIGTERM, SIGHUP, SIGQUIT).
  [[nodiscard]] bool wait();
};

}  // namespace appserver::ctl
