#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "supervision/events.h"
#include "supervision/restart_policy.h"

namespace appserver::supervision {

// Counts up and is never used again, so that workers are ordered by age.
using WorkerId = std::uint64_t;

enum class WorkerState { Starting, Serving, Draining };

// A worker's relation to its slot: the one that counts, the one being started to replace it, or
// neither any more (it was asked to leave).
enum class Place { Current, Successor, None };

// The hardest thing a worker was asked so far.
enum class Rung { None, Drain, Stop, Kill };

struct BootFailure {
  BootFault fault = BootFault::WorkerFailedToBoot;
  std::string why;
};

// A worker's wish to be replaced.
struct RecycleWish {
  std::string why;
  TimePoint since{};
};

struct Worker {
  WorkerId id = 0;
  Slot slot = 0;
  Generation generation = 0;
  // Empty between ForkWorker and WorkerForked: nobody can be signalled yet.
  std::optional<Pid> pid;
  Place place = Place::Current;
  WorkerState state = WorkerState::Starting;
  Rung asked = Rung::None;
  TimePoint ready_at{};               // Meaningful once it served.
  std::optional<TimePoint> deadline;  // Of the boot, or of the next rung.
  // The handler for whose time the worker was ended: since when that one runs, and when it was
  // told.
  struct Hang {
    TimePoint handler_since;
    TimePoint told_at;
  };
  std::optional<Hang> hang;
  // It said that it cannot start, or its time was up; its exit is awaited.
  std::optional<BootFailure> failure;
  std::optional<RecycleWish> recycle;
  bool is_recycled = false;  // Its substitute serves; its exit is the end of that recycle.
};

struct SlotEntry {
  std::optional<WorkerId> current;
  std::optional<WorkerId> successor;
  // The generation that fills this slot when it becomes vacant.
  Generation home = 0;
  RestartHistory refill;       // Deaths of current workers of the home generation.
  RestartHistory replacement;  // Deaths of successors.
  // For the verdict on the first generation: did any worker here get ready or fail?
  bool had_outcome = false;
  bool failed = false;
};

// A worker that is gone, and the place it had.
struct Departure {
  Worker worker;
  Place place;
};

// Who is where: slots (stable) and workers (mortal), as data. Knows no policy, issues no commands.
// [master] Owned by the ledger; single-threaded.
//
// A slot has at most one current worker, at most one successor, and any number of workers that
// were asked to leave. A worker's life:
//
//   Starting (no pid) --WorkerForked--> Starting --WorkerReady--> Serving
//   any of these --vacate()--> Draining --WorkerExited--> gone
//
// References and pointers to workers stay valid until that worker is removed; those to slots until
// a slot is added or removed.
class WorkerTable {
 public:
  WorkerTable() = default;
  // The table as it was when its parts were copied (ledger_copy.h, which checks that they fit
  // together). `next_id` is above the id of every worker.
  WorkerTable(std::vector<SlotEntry> slots, const std::vector<Worker>& workers, WorkerId next_id);
  [[nodiscard]] const std::vector<SlotEntry>& slots() const { return slots_; }
  [[nodiscard]] WorkerId next_id() const { return next_id_; }

  // --- Slots -------------------------------------------------------------------------------
  [[nodiscard]] Slot slot_count() const { return static_cast<Slot>(slots_.size()); }
  // Requires: slot < slot_count().
  [[nodiscard]] SlotEntry& slot(Slot slot) { return slots_[slot]; }
  [[nodiscard]] const SlotEntry& slot(Slot slot) const { return slots_[slot]; }
  // Adds a vacant slot after the last one.
  void add_slot(Generation home);
  // Requires: the last slot has neither current worker nor successor.
  void remove_last_slot();

  // Counts slots without a current worker as failed: the zygote cannot fill them.
  void note_vacancies_failed();

  // --- Births ------------------------------------------------------------------------------
  // Notes that a worker is wanted in this place. A fork for the same slot and generation that was
  // given up but not answered yet is taken instead, so that each (slot, generation) has at most one
  // unanswered fork and answers cannot be confused.
  // Requires: the place is free.
  // Returns: whether a fork has to be asked for.
  [[nodiscard]] bool expect(Slot slot, Generation generation, Place place, TimePoint deadline);
  // Gives the expected worker its pid.
  // Returns: the worker, or nullptr when nobody expects it, the pid is already known or no pid of a
  // single process (kill(2) gives 0 and negative ones a wider meaning); then nothing changed.
  [[nodiscard]] Worker* bind(Slot slot, Generation generation, Pid pid);
  [[nodiscard]] bool has_unanswered_forks() const;

  // --- Look-up -----------------------------------------------------------------------------
  // Each returns nullptr when there is none. Requires: slot < slot_count().
  [[nodiscard]] Worker* current(Slot slot) { return find(slots_[slot].current); }
  [[nodiscard]] Worker* successor(Slot slot) { return find(slots_[slot].successor); }
  [[nodiscard]] const Worker* current(Slot slot) const { return find(slots_[slot].current); }
  [[nodiscard]] const Worker* successor(Slot slot) const { return find(slots_[slot].successor); }
  [[nodiscard]] bool serves(Slot slot) const;
  [[nodiscard]] Worker* with_pid(Pid pid);
  // All workers, oldest first. Entries come and go only through the members of this class.
  [[nodiscard]] std::map<WorkerId, Worker>& workers() { return workers_; }
  [[nodiscard]] const std::map<WorkerId, Worker>& workers() const { return workers_; }
  [[nodiscard]] unsigned successor_count() const;
  // Does any slot count on a worker of this generation?
  [[nodiscard]] bool is_staffed_by(Generation generation) const;
  // Is there any worker of it, even a leaving one or an unanswered fork?
  [[nodiscard]] bool has_any_of(Generation generation) const;

  // --- Changes of place --------------------------------------------------------------------
  // Makes the successor the slot's current worker.
  // Requires: there is one.
  // Returns: the worker it displaced, in no place now, or nullptr.
  Worker* promote_successor(Slot slot);
  // Takes the worker out of its place; it is Draining from now on.
  void vacate(Worker& worker);

  // --- Deaths ------------------------------------------------------------------------------
  // Forgets a reaped worker, so that nobody can signal its pid afterwards. An unknown pid changes
  // nothing and returns nullopt.
  [[nodiscard]] std::optional<Departure> remove(Pid pid);
  // Forgets a fork that failed; nullopt when it was not asked for.
  [[nodiscard]] std::optional<Departure> remove_fork(Slot slot, Generation generation);
  // Forgets all unanswered forks of a generation whose zygote is gone.
  void remove_forks(Generation generation);

 private:
  using Entry = std::map<WorkerId, Worker>::iterator;

  [[nodiscard]] Worker* find(std::optional<WorkerId> id);
  [[nodiscard]] const Worker* find(std::optional<WorkerId> id) const;
  [[nodiscard]] Entry find_fork(Slot slot, Generation generation);
  void take_place(Worker& worker, Place place);
  void leave_place(Worker& worker);
  // Removes the entry and returns what it was. `entry` may be the end.
  std::optional<Departure> remove(Entry entry);

  std::vector<SlotEntry> slots_;
  std::map<WorkerId, Worker> workers_;
  WorkerId next_id_ = 1;
};

}  // namespace appserver::supervision
