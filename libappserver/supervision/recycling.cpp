#include "supervision/recycling.h"

#include <algorithm>
#include <tuple>

#include "supervision/staffing.h"

namespace appserver::supervision {
namespace {

bool may_begin(const Ledger& ledger) {
  const Desired& desired = ledger.desired;
  return !ledger.is_stop_requested() && !desired.first_boot && !desired.rollout && !ledger.undoing;
}

bool is_one_in_progress(const WorkerTable& workers) {
  return workers.successor_count() > 0 ||
         std::any_of(workers.workers().begin(), workers.workers().end(),
                     [](const auto& entry) { return entry.second.is_recycled; });
}

bool waits_longer(const Worker& one, const Worker& other) {
  return std::tie(one.recycle->since, one.id) < std::tie(other.recycle->since, other.id);
}

}  // namespace

void recycle_requested(Ledger& ledger, const RecycleRequested& event, TimePoint now) {
  Worker* const worker = ledger.workers.with_pid(event.pid);
  if (worker == nullptr) {
    ledger.early.of(event.pid).recycle = event.why;
  } else if (worker->state == WorkerState::Serving && !worker->recycle) {
    worker->recycle = {event.why, now};
  }
}

void recycle_next(Ledger& ledger, TimePoint now) {
  if (!may_begin(ledger) || is_one_in_progress(ledger.workers)) {
    return;
  }
  const Worker* next = nullptr;
  for (const auto& [id, worker] : ledger.workers.workers()) {
    if (worker.place != Place::Current || !worker.recycle ||
        worker.generation != ledger.desired.live) {
      continue;
    }
    const auto& not_before = ledger.workers.slot(worker.slot).replacement.not_before;
    if (not_before && *not_before > now) {
      ledger.wait_until(*not_before);
    } else if (next == nullptr || waits_longer(worker, *next)) {
      next = &worker;
    }
  }
  if (next != nullptr) {
    fork_when_possible(ledger, next->slot, next->generation, Place::Successor, now);
  }
}

void note_takeover(Ledger& ledger, Worker& displaced, Generation of_successor) {
  if (!displaced.recycle || displaced.generation != of_successor) {
    return;
  }
  displaced.is_recycled = true;
  ledger.workers.slot(displaced.slot).replacement = {};
  ledger.command(
      WorkerRecycled{displaced.slot, displaced.generation, *displaced.pid, displaced.recycle->why});
}

}  // namespace appserver::supervision
