#include "supervision/staffing.h"

#include <algorithm>

#include "supervision/departures.h"

namespace appserver::supervision {
namespace {

// The generation the slot is to be on, as far as the deploy has come.
Generation goal(const Ledger& ledger, Slot slot) {
  return ledger.deploy && !ledger.undoing && ledger.deploy->wants(slot) ? ledger.deploy->generation
                                                                        : ledger.desired.live;
}

// How many slots are swapped at a time. A way back is urgent: what it ends is known to be bad, and
// what it brings is known to be good.
unsigned batch(const Ledger& ledger) {
  return ledger.deploy && !ledger.undoing && !ledger.deploy->plan.at_once
             ? std::max(1U, ledger.policy.reload_batch)
             : ledger.workers.slot_count();
}

// The generation that fills the slot now if it is vacant. A slot that was already swapped stays
// with the new generation, unless that failed meanwhile.
Generation base(const Ledger& ledger, const SlotEntry& slot) {
  return ledger.wants(slot.home) ? slot.home : ledger.desired.live;
}

void dismiss_misfits(Ledger& ledger, Slot slot, TimePoint now) {
  Worker* const successor = ledger.workers.successor(slot);
  if (successor != nullptr && successor->generation != goal(ledger, slot)) {
    dismiss(ledger, *successor, now);
  }
  // A worker that serves stays until its successor is ready, whatever became of its generation; one
  // that is only starting serves nobody.
  Worker* const current = ledger.workers.current(slot);
  if (current != nullptr && current->state == WorkerState::Starting &&
      !ledger.wants(current->generation)) {
    dismiss(ledger, *current, now);
  }
}

void fill_vacancy(Ledger& ledger, Slot slot, TimePoint now) {
  WorkerTable& workers = ledger.workers;
  if (workers.current(slot) != nullptr) {
    return;
  }
  SlotEntry& entry = workers.slot(slot);
  const Generation filling = base(ledger, entry);
  if (entry.home != filling) {
    entry.home = filling;
    entry.refill = {};  // The deaths were those of another generation.
  }
  const Worker* const successor = workers.successor(slot);
  if (successor != nullptr && successor->generation == filling) {
    workers.promote_successor(slot);
    return;
  }
  fork_when_possible(ledger, slot, filling, Place::Current, now);
}

void start_successor(Ledger& ledger, Slot slot, TimePoint now) {
  WorkerTable& workers = ledger.workers;
  const SlotEntry& entry = workers.slot(slot);
  const Worker* const current = workers.current(slot);
  const Generation occupant = current != nullptr ? current->generation : base(ledger, entry);
  const Generation wanted = goal(ledger, slot);
  if (occupant == wanted || entry.successor || workers.successor_count() >= batch(ledger)) {
    return;
  }
  fork_when_possible(ledger, slot, wanted, Place::Successor, now);
}

void close_last_slot(Ledger& ledger, TimePoint now) {
  const Slot last = ledger.workers.slot_count() - 1;
  for (Worker* const worker : {ledger.workers.current(last), ledger.workers.successor(last)}) {
    if (worker != nullptr) {
      dismiss(ledger, *worker, now);
    }
  }
  ledger.workers.remove_last_slot();
}

}  // namespace

void fork_when_possible(Ledger& ledger, Slot slot, Generation generation, Place place,
                        TimePoint now) {
  if (!ledger.generations.can_fork(generation)) {
    return;  // ZygoteReady will come.
  }
  const SlotEntry& entry = ledger.workers.slot(slot);
  const RestartHistory& history = place == Place::Current ? entry.refill : entry.replacement;
  if (history.not_before && *history.not_before > now) {
    ledger.wait_until(*history.not_before);
    return;
  }
  if (ledger.workers.expect(slot, generation, place, now + ledger.policy.boot_timeout)) {
    ledger.command(ForkWorker{slot, generation});
  }
}

void scale(Ledger& ledger, unsigned workers, TimePoint now) {
  if (ledger.desired.stop != StopMode::None) {
    return;
  }
  ledger.desired.workers = std::min(std::max(workers, 1U), std::max(ledger.policy.max_workers, 1U));
  while (ledger.workers.slot_count() < ledger.desired.workers) {
    ledger.workers.add_slot(ledger.desired.live);
  }
  while (ledger.workers.slot_count() > ledger.desired.workers) {
    close_last_slot(ledger, now);
  }
}

void close_all_slots(Ledger& ledger, TimePoint now) {
  ledger.desired.workers = 0;
  while (ledger.workers.slot_count() > 0) {
    close_last_slot(ledger, now);
  }
}

void staff_slots(Ledger& ledger, TimePoint now) {
  const Slot count = ledger.workers.slot_count();
  for (Slot slot = 0; slot < count; ++slot) {
    dismiss_misfits(ledger, slot, now);
    fill_vacancy(ledger, slot, now);
  }
  // Only now: successors that were dismissed or promoted above no longer count for the batch.
  for (Slot slot = 0; slot < count; ++slot) {
    start_successor(ledger, slot, now);
  }
}

}  // namespace appserver::supervision
