#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"
#include "config/options.h"

namespace appserver::worker {

// What a connection waits for; each has a time of its own.
enum class Wait : std::uint8_t {
  Request,    // Idle between requests: --keep-alive.
  Head,       // From the first byte (or the accept) to the end of the head: --header-timeout.
  Body,       // From one piece of the body to the next: --body-timeout.
  Write,      // For the client to take more of the response: --write-timeout.
  LastBytes,  // After a half-close, for the client to close its side.
  Farewell,   // Idle in a worker that leaves.
  Answer,     // For an answer that is made elsewhere: --timeout.
};
inline constexpr std::size_t kWaits = 7;

// The time of each, in their order, as the options have it.
[[nodiscard]] std::array<Duration, kWaits> spans_of(const config::Options& options);

class Connection;

// A connection's place in a line of those that wait. Embedded in it, and as immovable.
class Deadline {
 public:
  explicit Deadline(Connection& owner) noexcept : owner_(&owner) {}
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
  ~Deadline() { cancel(); }

  // Leaves the line, if in one. Costs four stores.
  void cancel() noexcept;

  // When the latest wait would have ended, also after cancel(): what is left of it can go on
  // elsewhere. Async-signal-safe.
  [[nodiscard]] TimePoint at() const noexcept { return at_; }

 private:
  friend class Deadlines;
  Deadline() noexcept = default;  // The head of a queue: nobody waits there.
  void join(Deadline& head, TimePoint at) noexcept;

  Connection* owner_ = nullptr;
  Deadline* previous_ = nullptr;
  Deadline* next_ = nullptr;
  TimePoint at_{};
};

// All waits of a worker. Every wait of one kind lasts equally long, so that each kind is a queue
// whose front ends first: starting, restarting and ending a wait is a list operation, with no heap
// and no timer per connection. One coarse timer looks at the fronts.
//
// A wait that began elsewhere (in a worker that handed its connection over, so that it must not get
// a new span here) ends earlier than those that begin now. It gets a place on a wheel instead: a
// queue for each quarter of a second, used again every minute. That is O(1) as well, and what does
// not end in this turn of the wheel is passed over until its own comes.
class Deadlines {
 public:
  explicit Deadlines(const std::array<Duration, kWaits>& spans) noexcept;
  Deadlines(const Deadlines&) = delete;
  Deadlines& operator=(const Deadlines&) = delete;
  ~Deadlines() = default;

  // Starts to wait, or starts anew; what `deadline` waited for before is forgotten.
  void start(Deadline& deadline, Wait wait, TimePoint now) noexcept;

  // Goes on with a wait that ends at `at`, or when one of this kind that began now would, whichever
  // is earlier.
  void resume(Deadline& deadline, Wait wait, TimePoint at, TimePoint now) noexcept;

  // Waits until `at`, also if that is later than a wait that began now.
  void start_until(Deadline& deadline, TimePoint at, TimePoint now) noexcept;

  // How long a wait of this kind lasts.
  [[nodiscard]] Duration span(Wait wait) const noexcept {
    return queues_[static_cast<std::size_t>(wait)].span;
  }

  // Takes out one deadline that has passed. Returns: whose it was, or null when there is none.
  [[nodiscard]] Connection* take_passed(TimePoint now) noexcept;

 private:
  struct Queue {
    Deadline head;  // A ring through this node: neither end is special.
    Duration span{};
  };
  struct Spoke {
    Deadline head;
  };
  static constexpr std::int64_t kSpokes = 256;
  static constexpr Duration kSpoke = std::chrono::milliseconds(250);

  // Counts on from turn to turn.
  [[nodiscard]] static std::int64_t spoke_of(TimePoint at) noexcept {
    return at.time_since_epoch() / kSpoke;
  }
  [[nodiscard]] Deadline& head_of(std::int64_t spoke) noexcept {
    return wheel_[static_cast<std::size_t>(spoke % kSpokes)].head;
  }
  [[nodiscard]] Connection* take_passed_from_wheel(TimePoint now) noexcept;

  std::array<Queue, kWaits> queues_;
  std::array<Spoke, kSpokes> wheel_;
  std::int64_t turned_to_ = 0;  // All spokes before this one were looked at.
};

}  // namespace appserver::worker
