#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "ipc/barred_requests.h"
#include "ipc/crash_record.h"
#include "ipc/tally.h"
#include "net/peer_address.h"

// Shared memory in which every worker publishes what it is doing.
//
// Protocol: the master assigns an entry to a worker before it is forked and takes it back after the
// worker was reaped; in between the worker is its only writer. Readers take no lock. Numbers are
// single relaxed atomics. The current exchange is several fields, guarded by a sequence number that
// is odd while they change (a seqlock); a reader that sees it move tries again.
//
// An entry belongs to a worker and not to a slot: while a worker is being replaced two of them
// stand on one slot, and each needs a place to write.
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

// What stands in front of the entries.
struct alignas(64) ScoreboardHead {
  // Entries from here on were never used: readers need not look at all of them.
  std::atomic<std::uint32_t> used{0};
  // The server was told to stop, and load balancers are to send nothing more.
  std::atomic<std::uint32_t> draining{0};
  BarredRequests barred;
};

// The mapping. Made by the master before the first fork and inherited by all; never unmapped before
// exit. Behind it is a memfd, by which a master that takes this one's place maps it again.
class Scoreboard {
 public:
  // What the bytes mean. To be raised with every change of ScoreboardHead, ScoreboardEntry or
  // CrashRecord: after an upgrade in place, workers of the old build write what the new master
  // reads.
  static constexpr std::uint32_t kLayout = 3;

  // Errors: no memory, no descriptors.
  [[nodiscard]] static Result<Scoreboard> create(std::size_t entries);
  // Maps the scoreboard of the master whose place this process takes; all that workers wrote is
  // there. `file` is taken over only when that succeeds.
  // Errors: the file is no scoreboard of this layout, no memory.
  [[nodiscard]] static Result<Scoreboard> adopt(UniqueFd& file);

  Scoreboard(Scoreboard&& other) noexcept;
  Scoreboard& operator=(Scoreboard&&) = delete;
  Scoreboard(const Scoreboard&) = delete;
  Scoreboard& operator=(const Scoreboard&) = delete;
  ~Scoreboard();

  // [master] An entry nobody uses, assigned to this worker-to-be; nothing when all are in use.
  [[nodiscard]] std::optional<std::uint32_t> claim(std::uint32_t slot,
                                                   std::uint32_t generation) noexcept;
  // [master] The server will stop: from now on it says that it is not ready. There is no way back.
  void announce_stop() noexcept { head_->draining.store(1, std::memory_order_relaxed); }
  // [any]
  [[nodiscard]] bool is_stop_announced() const noexcept {
    return head_->draining.load(std::memory_order_relaxed) != 0;
  }
  [[nodiscard]] ScoreboardEntry& operator[](std::uint32_t entry) noexcept {
    return entries_[entry];
  }
  // The entries that are or were in use.
  [[nodiscard]] std::span<const ScoreboardEntry> entries() const noexcept {
    return entries_.first(head_->used.load(std::memory_order_relaxed));
  }
  [[nodiscard]] std::size_t capacity() const noexcept { return entries_.size(); }
  // The memfd, close-on-exec.
  [[nodiscard]] int fd() const noexcept { return file_.get(); }
  // What the worker of an entry leaves behind when it crashes. Apart from the entries, which are
  // read all the time.
  [[nodiscard]] CrashRecord& crash_record(std::uint32_t entry) noexcept {
    return crash_records_[entry];
  }
  [[nodiscard]] BarredRequests& barred() noexcept { return head_->barred; }
  [[nodiscard]] const BarredRequests& barred() const noexcept { return head_->barred; }

 private:
  Scoreboard(UniqueFd file, ScoreboardHead* head, std::span<ScoreboardEntry> entries,
             std::span<CrashRecord> crash_records) noexcept
      : file_(std::move(file)), head_(head), entries_(entries), crash_records_(crash_records) {}

  UniqueFd file_;
  ScoreboardHead* head_;
  std::span<ScoreboardEntry> entries_;
  std::span<CrashRecord> crash_records_;
};

}  // namespace appserver::ipc
