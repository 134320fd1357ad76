#include "supervision/ledger_copy.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace appserver::supervision {
namespace {

// What is wrong with a part of the copy, or nothing.
using Objection = std::optional<std::string>;

Objection object_to(const char* what, std::uint64_t number, const char* why) {
  return std::string(what) + " " + std::to_string(number) + " " + why;
}

Objection check_desired(const LedgerCopy& copy, const Policy& policy) {
  const Desired& desired = copy.desired;
  if (desired.first_boot || desired.rollout || desired.queued || desired.stop != StopMode::None ||
      desired.stop_at) {
    return "it is not at rest";
  }
  if (desired.workers < 1 || desired.workers > policy.max_workers ||
      copy.slots.size() != desired.workers) {
    return object_to("the number of slots", copy.slots.size(), "is not the number wanted");
  }
  return std::nullopt;
}

bool is_place_of(const LedgerCopy& copy, const Worker& worker) {
  const bool counts = worker.place != Place::None;
  if (!counts || worker.slot >= copy.slots.size()) {
    return !counts;
  }
  const SlotEntry& slot = copy.slots[worker.slot];
  return (worker.place == Place::Current ? slot.current : slot.successor) == worker.id;
}

Objection check_workers(const LedgerCopy& copy, const std::set<Generation>& generations) {
  std::set<WorkerId> ids;
  std::set<Pid> pids;
  for (const Worker& worker : copy.workers) {
    if (worker.id >= copy.next_worker || !ids.insert(worker.id).second) {
      return object_to("worker id", worker.id, "is not unique");
    }
    if (!worker.pid || *worker.pid <= 1 || !pids.insert(*worker.pid).second) {
      return object_to("worker id", worker.id, "has no pid of its own");
    }
    if (!generations.contains(worker.generation)) {
      return object_to("worker id", worker.id, "is of an unknown generation");
    }
    if (!is_place_of(copy, worker)) {
      return object_to("worker id", worker.id, "does not stand where it should");
    }
    if ((worker.place == Place::None) != (worker.state == WorkerState::Draining)) {
      return object_to("worker id", worker.id, "is in a state that does not go with its place");
    }
  }
  return std::nullopt;
}

Objection check_slots(const LedgerCopy& copy) {
  const auto stands = [&copy](Slot slot, std::optional<WorkerId> id, Place place) {
    return !id || std::any_of(copy.workers.begin(), copy.workers.end(), [&](const Worker& worker) {
      return worker.id == *id && worker.slot == slot && worker.place == place;
    });
  };
  for (Slot slot = 0; slot < copy.slots.size(); ++slot) {
    if (!stands(slot, copy.slots[slot].current, Place::Current) ||
        !stands(slot, copy.slots[slot].successor, Place::Successor)) {
      return object_to("slot", slot, "counts on a worker that is not there");
    }
  }
  return std::nullopt;
}

Objection check_generations(const LedgerCopy& copy, const std::set<Generation>& generations) {
  if (generations.size() != copy.generations.size()) {
    return "a generation is there twice";
  }
  if (!generations.contains(copy.desired.live)) {
    return object_to("the live generation", copy.desired.live, "is unknown");
  }
  if (copy.standby && (copy.standby->generation == copy.desired.live ||
                       !generations.contains(copy.standby->generation))) {
    return object_to("generation", copy.standby->generation, "cannot be on standby");
  }
  if (copy.newest < *generations.rbegin()) {
    return object_to("generation", *generations.rbegin(), "is newer than the newest");
  }
  return std::nullopt;
}

Objection check(const LedgerCopy& copy, const Policy& policy) {
  std::set<Generation> generations;
  for (const GenerationEntry& entry : copy.generations) {
    generations.insert(entry.generation);
  }
  if (auto objection = check_desired(copy, policy)) {
    return objection;
  }
  if (auto objection = check_generations(copy, generations)) {
    return objection;
  }
  if (auto objection = check_workers(copy, generations)) {
    return objection;
  }
  return check_slots(copy);
}

}  // namespace

bool is_at_rest(const Ledger& ledger) {
  const Desired& desired = ledger.desired;
  return !ledger.finished && !ledger.is_stop_requested() && !desired.first_boot &&
         !desired.rollout && !desired.queued && !ledger.undoing &&
         !ledger.workers.has_unanswered_forks();
}

LedgerCopy copy_of(const Ledger& ledger) {
  LedgerCopy copy;
  copy.desired = ledger.desired;
  copy.slots = ledger.workers.slots();
  for (const auto& [id, worker] : ledger.workers.workers()) {
    copy.workers.push_back(worker);
  }
  copy.next_worker = ledger.workers.next_id();
  for (const auto& [generation, entry] : ledger.generations.entries()) {
    copy.generations.push_back(entry);
  }
  copy.newest = ledger.newest;
  copy.standby = ledger.standby;
  return copy;
}

Result<Ok> restore(Ledger& ledger, const LedgerCopy& copy) {
  if (const auto objection = check(copy, ledger.policy)) {
    return failure("the ledger does not fit together: " + *objection);
  }
  ledger.desired = copy.desired;
  ledger.workers = WorkerTable(copy.slots, copy.workers, copy.next_worker);
  for (const GenerationEntry& entry : copy.generations) {
    ledger.generations.add(entry.generation) = entry;
  }
  ledger.newest = copy.newest;
  ledger.standby = copy.standby;
  return ok();
}

}  // namespace appserver::supervision
