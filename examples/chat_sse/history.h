#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "journal.h"

namespace chat {

// A message as listeners get it.
struct Message {
  std::uint64_t id = 0;
  std::string event;  // The bytes of the server-sent event.
};

// What a worker remembers of the journal, by room: the latest messages, the same ones in all
// workers. [worker]
class History {
 public:
  using Messages = std::deque<Message>;

  // At most `most` messages of all rooms together; the oldest go first. The worker begins with
  // nothing, at the position `last`.
  History(std::size_t most, std::uint64_t last);

  // Adds the next message. One whose id does not follow the last one makes it forget the others:
  // something is missing in between.
  // Returns: whether it followed.
  bool add(const Entry& entry);

  // Those of a room, oldest first; valid until the next call of add().
  [[nodiscard]] const Messages& of(const std::string& room) const;
  // The first of them behind the position `id`.
  [[nodiscard]] static Messages::const_iterator behind(const Messages& messages, std::uint64_t id);

  // The newest id.
  [[nodiscard]] std::uint64_t last() const noexcept { return last_; }
  // The position behind which nothing is missing.
  [[nodiscard]] std::uint64_t complete_since() const noexcept { return complete_since_; }
  // The position `count` messages of that room ago.
  [[nodiscard]] std::uint64_t position_before(const std::string& room, std::size_t count) const;

 private:
  void forget_oldest();

  const std::size_t most_;
  std::uint64_t last_;
  std::uint64_t complete_since_;
  const Messages none_;
  std::unordered_map<std::string, Messages> rooms_;  // None is empty.
  std::deque<std::string> order_;                    // The rooms of all messages, oldest first.
};

}  // namespace chat
