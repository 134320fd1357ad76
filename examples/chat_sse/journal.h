#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace chat {

inline constexpr std::size_t kMaxRoom = 64;
inline constexpr std::size_t kMaxText = 2000;

// A message as it is in the journal.
struct Entry {
  std::uint64_t id = 0;
  std::string room;
  std::string text;
};

// The latest messages of all rooms, in one file that all workers share: what gives each message its
// id, and all messages one order, whoever sent them. It outlives workers, reloads and the server.
//
// The file is a ring of slots of one size behind a header with the newest id; a message has the
// slot of its id. Who writes holds a lock (flock, which ends with its holder), fills the slot, and
// then the header: one that dies in between has written nothing. The first id of a new file is the
// time in microseconds, so that an id of an earlier file is never taken for one of this.
//
// Each process opens its own: one that was opened before the fork would share its lock.
// [zygote] [worker] Blocks for as long as others read or write some slots: microseconds.
class Journal {
 public:
  static constexpr std::uint64_t kSlots = 4096;

  // Opens the file, or makes it, with all the room that it will ever need.
  // Errors: throws std::runtime_error: it cannot be opened or made, or is no journal of `slots`.
  explicit Journal(const std::string& path, std::uint64_t slots = kSlots);
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;
  ~Journal();

  // Adds a message. Returns: its id, by one higher than that of the message before.
  // Requires: no more than kMaxRoom and kMaxText bytes. Errors: throws std::runtime_error; nothing
  // is added then.
  std::uint64_t append(std::string_view room, std::string_view text);

  // The messages behind `id`, oldest first; those that are overwritten by now are left out.
  // Errors: throws std::runtime_error.
  [[nodiscard]] std::vector<Entry> after(std::uint64_t id) const;

  // The newest id; one below the first when there is no message yet. Errors: as after().
  [[nodiscard]] std::uint64_t last() const;

 private:
  void prepare();

  const std::string path_;
  const std::uint64_t slots_;
  int fd_;
};

}  // namespace chat
