#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace appserver::worker {

// What a connection waits for; each has a time of its own.
enum class Wait : std::uint8_t {
  Request,    // Idle between requests: --keep-alive.
  Head,       // From the first byte (or the accept) to the end of the head: --header-timeout.
  Body,       // From one piece of the body to the next: --body-timeout.
  Write,      // For the client to take more of the response: --write-timeout.
  LastBytes,  // After a half-close, for the client to close its side.
  Farewell,   // Idle in a worker that leaves.
};
inline constexpr std::size_t kWaits = 6;

class Connection;

// A connection's place in the line of one kind of wait. Embedded in it, and as immovable.
class Deadline {
 public:
  explicit Deadline(Connection& owner) noexcept : owner_(&owner) {}
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
  ~Deadline() { cancel(); }

  // Leaves the line, if in one. Costs four stores.
  void cancel() noexcept;

 private:
  friend class Deadlines;
  Deadline() noexcept = default;  // The head of a queue: nobody waits there.

  Connection* owner_ = nullptr;
  Deadline* previous_ = nullptr;
  Deadline* next_ = nullptr;
  TimePoint at_{};
};

// All waits of a worker. Every wait of one kind lasts equally long, so that each kind is a queue
// whose front ends first: starting, restarting and ending a wait is a list operation, with no heap
// and no timer per connection. One coarse timer looks at the six fronts.
class Deadlines {
 public:
  explicit Deadlines(const std::array<Duration, kWaits>& spans) noexcept;
  Deadlines(const Deadlines&) = delete;
  Deadlines& operator=(const Deadlines&) = delete;
  ~Deadlines() = default;

  // Starts to wait, or starts anew; what `deadline` waited for before is forgotten.
  void start(Deadline& deadline, Wait wait, TimePoint now) noexcept;

  // Takes out one deadline that has passed. Returns: whose it was, or null when there is none.
  [[nodiscard]] Connection* take_passed(TimePoint now) noexcept;

 private:
  struct Queue {
    Deadline head;  // A ring through this node: neither end is special.
    Duration span{};
  };
  std::array<Queue, kWaits> queues_;
};

}  // namespace appserver::worker
