#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "ipc/tally.h"
#include "net/peer_address.h"

// What one worker publishes in the shared memory of the scoreboard. The protocol is told there.
namespace appserver::ipc {

enum class WorkerState : std::uint32_t { Empty, Starting, Serving, Draining };

// A request as a worker publishes it. Views live as long as the call.
struct ExchangeFacts {
  std::string_view method;
  std::string_view target;
  std::string_view request_id;  // Empty while it has none.
  net::PeerAddress peer;
};

// What a worker was working on: enough to find the request in a log.
struct CurrentExchange {
  std::string method;
  std::string target;  // Its first kTargetRoom bytes.
  std::string request_id;
  net::PeerAddress peer;
  TimePoint started;
};

class alignas(64) ScoreboardEntry {
 public:
  static constexpr std::size_t kMethodRoom = 16;
  static constexpr std::size_t kTargetRoom = 128;
  static constexpr std::size_t kRequestIdRoom = 64;

  // [master] Assigns the entry.
  void assign(std::uint32_t slot, std::uint32_t generation) noexcept;
  // [master] Takes it back.
  void clear() noexcept;

  // [worker] `now` may be coarse. Longer texts are cut. `deadline`: when the app has to be done;
  // TimePoint::max() for never.
  void begin_exchange(const ExchangeFacts& facts, TimePoint now, TimePoint deadline) noexcept;
  void end_exchange() noexcept;
  // [worker] The id that the exchange at hand has got since it began. Async-signal-safe.
  void set_request_id(std::string_view id) noexcept;
  [[nodiscard]] bool has_request_id() const noexcept { return request_id_size_ != 0; }
  // Only the worker writes this number: a plain add without a lock prefix is enough.
  void count_request() noexcept { add_one(requests_); }
  // The app has answered a request; likewise.
  void count_answer(bool is_error, Duration time) noexcept {
    add_one(times_[bucket_of(time)]);
    if (is_error) {
      add_one(errors_);
    }
  }
  // [worker, any thread] Another deadline for the exchange at hand.
  void set_deadline(TimePoint deadline) noexcept {
    deadline_.store(deadline.time_since_epoch().count(), std::memory_order_relaxed);
  }
  // [worker] Whether it waits for events and has nothing else to do.
  void set_idle(bool idle) noexcept { idle_.store(idle, std::memory_order_relaxed); }
  void set_state(WorkerState state) noexcept { state_.store(state, std::memory_order_relaxed); }
  void set_pid(std::int32_t pid) noexcept { pid_.store(pid, std::memory_order_relaxed); }
  void set_connections(std::uint32_t count) noexcept {
    connections_.store(count, std::memory_order_relaxed);
  }

  // [any]
  [[nodiscard]] WorkerState state() const noexcept {
    return state_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::int32_t pid() const noexcept { return pid_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint32_t slot() const noexcept { return slot_; }
  [[nodiscard]] std::uint32_t generation() const noexcept { return generation_; }
  [[nodiscard]] std::uint64_t requests() const noexcept {
    return requests_.load(std::memory_order_relaxed);
  }
  // The answers so far. Not of one moment, but each number only grows.
  [[nodiscard]] Tally tally() const noexcept;
  [[nodiscard]] std::uint32_t connections() const noexcept {
    return connections_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] bool is_idle() const noexcept { return idle_.load(std::memory_order_relaxed); }
  // When the app has to be done with the exchange at hand; TimePoint::max() when there is none, or
  // no limit for it. Async-signal-safe.
  [[nodiscard]] TimePoint deadline() const noexcept {
    return started_.load(std::memory_order_relaxed) == 0
               ? TimePoint::max()
               : TimePoint{Duration{deadline_.load(std::memory_order_relaxed)}};
  }
  // Returns: nothing when the worker is between exchanges. Of a dead worker: the one it died in.
  [[nodiscard]] std::optional<CurrentExchange> current_exchange() const;

 private:
  static void add_one(std::atomic<std::uint64_t>& number) noexcept {
    number.store(number.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

  // The hot line: what every request touches.
  std::atomic<std::uint32_t> sequence_{0};
  std::atomic<WorkerState> state_{WorkerState::Empty};
  std::atomic<std::uint64_t> requests_{0};
  // Nanoseconds on the monotonic clock; 0 between exchanges.
  std::atomic<std::int64_t> started_{0};
  std::atomic<std::int64_t> deadline_{0};
  std::atomic<std::int32_t> pid_{0};
  std::atomic<std::uint32_t> connections_{0};
  std::uint32_t slot_ = 0;
  std::uint32_t generation_ = 0;
  std::atomic<bool> idle_{false};
  std::uint8_t method_size_ = 0;
  std::uint8_t target_size_ = 0;
  std::uint8_t request_id_size_ = 0;
  std::array<char, kMethodRoom> method_{};
  net::PeerAddress peer_;
  std::array<char, kTargetRoom> target_{};
  std::array<char, kRequestIdRoom> request_id_{};
  std::atomic<std::uint64_t> errors_{0};
  std::array<std::atomic<std::uint64_t>, kTimeBuckets> times_{};
};

}  // namespace appserver::ipc
