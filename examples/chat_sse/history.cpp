#include "history.h"

#include <algorithm>
#include <iterator>

#include <appserver/sse.hpp>

namespace chat {

History::History(std::size_t most, std::uint64_t last)
    : most_(most), last_(last), complete_since_(last) {}

bool History::add(const Entry& entry) {
  const bool follows = entry.id == last_ + 1;
  if (!follows) {
    rooms_.clear();
    order_.clear();
    complete_since_ = entry.id - 1;
  }
  last_ = entry.id;
  const std::string id = std::to_string(entry.id);
  rooms_[entry.room].push_back({entry.id, appserver::to_text({.data = entry.text, .id = id})});
  order_.push_back(entry.room);
  if (order_.size() > most_) {
    forget_oldest();
  }
  return follows;
}

void History::forget_oldest() {
  const auto room = rooms_.find(order_.front());
  complete_since_ = room->second.front().id;
  room->second.pop_front();
  if (room->second.empty()) {
    rooms_.erase(room);
  }
  order_.pop_front();
}

const History::Messages& History::of(const std::string& room) const {
  const auto found = rooms_.find(room);
  return found == rooms_.end() ? none_ : found->second;
}

History::Messages::const_iterator History::behind(const Messages& messages, std::uint64_t id) {
  return std::upper_bound(
      messages.begin(), messages.end(), id,
      [](std::uint64_t position, const Message& message) { return position < message.id; });
}

std::uint64_t History::position_before(const std::string& room, std::size_t count) const {
  const Messages& messages = of(room);
  if (count == 0 || messages.empty()) {
    return last_;
  }
  const std::size_t first = messages.size() - std::min(count, messages.size());
  return messages[first].id - 1;
}

}  // namespace chat
