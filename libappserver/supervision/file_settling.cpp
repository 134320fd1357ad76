#include "supervision/file_settling.h"

namespace appserver::supervision {

void FileSettling::note(TimePoint now) {
  last_news_ = now;
  next_look_ = now + kQuiet;
  is_told_ = false;
}

void FileSettling::note_writing(std::string_view name, TimePoint now) {
  writing_.emplace(name);
  if (next_look_) {
    note(now);
  }
}

void FileSettling::note_closed(std::string_view name, TimePoint now) {
  note_replaced(name, now);
}

void FileSettling::note_replaced(std::string_view name, TimePoint now) {
  if (const auto writing = writing_.find(name); writing != writing_.end()) {
    writing_.erase(writing);
  }
  note(now);
}

void FileSettling::note_new_surroundings(TimePoint now) {
  writing_.clear();
  note(now);
}

bool FileSettling::looked(bool is_broken, TimePoint now) {
  next_look_.reset();
  if (!is_broken || is_told_) {
    return false;
  }
  if (now < last_news_ + kPatience) {
    next_look_ = last_news_ + kPatience;
    return false;
  }
  is_told_ = true;
  return true;
}

}  // namespace appserver::supervision
