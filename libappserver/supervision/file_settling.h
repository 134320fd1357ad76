#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace appserver::supervision {

// When files that somebody writes are to be looked at: what happened to them goes in, with the
// time, and a time for the next look comes out. Knows nothing of what is in them. Pure. [any]
//
// A file is written in pieces, closed, and often touched once more (the linker, then `strip`, then
// a change of its mode), and a build writes several of them. So nobody looks before it has been
// quiet for a moment, nor at a file that its writer has not closed.
class FileSettling {
 public:
  // Longer than the steps of a build are apart, shorter than anybody notices.
  static constexpr Duration kQuiet = std::chrono::milliseconds(60);
  // After so long without news, a file that cannot be served is no longer one that is being made.
  static constexpr Duration kPatience = std::chrono::seconds(1);

  // Somebody writes to the file and has not closed it. Puts a look off, if one is due.
  void note_writing(std::string_view name, TimePoint now);
  // Its writer has closed it.
  void note_closed(std::string_view name, TimePoint now);
  // Another file has this name now, or none, or it changed in another way.
  void note_replaced(std::string_view name, TimePoint now);
  // Anything may be different, and who was writing will not be heard of any more.
  void note_new_surroundings(TimePoint now);

  [[nodiscard]] bool is_being_written(std::string_view name) const {
    return writing_.contains(name);
  }
  [[nodiscard]] bool is_any_being_written() const { return !writing_.empty(); }

  // Nothing: only news can change anything.
  [[nodiscard]] std::optional<TimePoint> next_look() const { return next_look_; }

  // Somebody looked. `is_broken`: there is a file that cannot be served; it is looked at again
  // when the patience is over. Returns: whether it is to be told that it cannot, which is so once
  // until there are news.
  [[nodiscard]] bool looked(bool is_broken, TimePoint now);

 private:
  void note(TimePoint now);

  std::set<std::string, std::less<>> writing_;
  std::optional<TimePoint> next_look_;
  TimePoint last_news_{};
  bool is_told_ = false;
};

}  // namespace appserver::supervision
