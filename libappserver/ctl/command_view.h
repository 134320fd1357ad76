#pragma once

#include <map>
#include <string>
#include <string_view>

#include "ctl/style.h"

namespace appserver::ctl {

// What a command says on its way, and its end. [any] Does no I/O: it makes text.
//
// On a terminal the slots of a deploy have a line each, which is written over when there is news of
// them; elsewhere each piece of news is a line.
class CommandView {
 public:
  // `redraws`: whether the text goes to a terminal.
  CommandView(Style style, bool redraws) : style_(style), redraws_(redraws) {}

  // Takes one line of the answer, without its end. Returns: what is to be written. A line that
  // cannot be read says nothing.
  [[nodiscard]] std::string take(std::string_view line);

  [[nodiscard]] bool has_result() const noexcept { return has_result_; }
  // 0: the effect is reached; 2: rolled back; else 1. Requires: has_result().
  [[nodiscard]] int exit_code() const noexcept { return exit_code_; }

 private:
  [[nodiscard]] std::string tell_progress(const std::string& what, int slot);
  [[nodiscard]] std::string draw_slots();

  const Style style_;
  const bool redraws_;
  std::map<int, std::string> slots_;  // The latest news of each.
  std::size_t drawn_ = 0;             // Lines of them that stand above the cursor.
  bool has_result_ = false;
  int exit_code_ = 1;
};

}  // namespace appserver::ctl
