#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>

#include "base/result.h"
#include "base/unique_fd.h"
#include "ipc/barred_requests.h"
#include "ipc/crash_record.h"
#include "ipc/scoreboard_entry.h"
#include "ipc/token_table.h"

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

// What stands in front of the entries.
struct alignas(64) ScoreboardHead {
  // Entries from here on were never used: readers need not look at all of them.
  std::atomic<std::uint32_t> used{0};
  // The server was told to stop, and load balancers are to send nothing more.
  std::atomic<std::uint32_t> draining{0};
  BarredRequests barred;
  TokenTable tokens;
};

// The mapping. Made by the master before the first fork and inherited by all; never unmapped before
// exit. Behind it is a memfd, by which a master that takes this one's place maps it again.
class Scoreboard {
 public:
  // What the bytes mean. To be raised with every change of ScoreboardHead, ScoreboardEntry or
  // CrashRecord: after an upgrade in place, workers of the old build write what the new master
  // reads.
  static constexpr std::uint32_t kLayout = 4;

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
  // [worker] Also of a scoreboard that is otherwise only looked at.
  [[nodiscard]] TokenTable& tokens() const noexcept { return head_->tokens; }

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
