#include "supervision/worker_table.h"

#include <algorithm>
#include <utility>

namespace appserver::supervision {

WorkerTable::WorkerTable(std::vector<SlotEntry> slots, const std::vector<Worker>& workers,
                         WorkerId next_id)
    : slots_(std::move(slots)), next_id_(next_id) {
  for (const Worker& worker : workers) {
    workers_.emplace(worker.id, worker);
  }
}

void WorkerTable::add_slot(Generation home) {
  SlotEntry entry;
  entry.home = home;
  slots_.push_back(entry);
}

void WorkerTable::remove_last_slot() {
  slots_.pop_back();
}

void WorkerTable::note_vacancies_failed() {
  for (SlotEntry& slot : slots_) {
    if (!slot.current) {
      slot.had_outcome = true;
      slot.failed = true;
    }
  }
}

bool WorkerTable::expect(Slot slot, Generation generation, Place place, TimePoint deadline) {
  const Entry given_up = find_fork(slot, generation);
  const bool is_new = given_up == workers_.end();
  const WorkerId id = is_new ? next_id_++ : given_up->first;
  Worker& worker = is_new ? workers_[id] : given_up->second;
  worker = Worker{};
  worker.id = id;
  worker.slot = slot;
  worker.generation = generation;
  worker.deadline = deadline;
  take_place(worker, place);
  return is_new;
}

Worker* WorkerTable::bind(Slot slot, Generation generation, Pid pid) {
  const Entry entry = find_fork(slot, generation);
  if (entry == workers_.end() || pid <= 0 || with_pid(pid) != nullptr) {
    return nullptr;
  }
  entry->second.pid = pid;
  return &entry->second;
}

bool WorkerTable::has_unanswered_forks() const {
  return std::any_of(workers_.begin(), workers_.end(),
                     [](const auto& entry) { return !entry.second.pid; });
}

bool WorkerTable::serves(Slot slot) const {
  const Worker* const worker = current(slot);
  return worker != nullptr && worker->state == WorkerState::Serving;
}

Worker* WorkerTable::with_pid(Pid pid) {
  const Entry entry = std::find_if(workers_.begin(), workers_.end(),
                                   [pid](const auto& each) { return each.second.pid == pid; });
  return entry == workers_.end() ? nullptr : &entry->second;
}

unsigned WorkerTable::successor_count() const {
  return static_cast<unsigned>(
      std::count_if(slots_.begin(), slots_.end(),
                    [](const SlotEntry& slot) { return slot.successor.has_value(); }));
}

bool WorkerTable::is_staffed_by(Generation generation) const {
  return std::any_of(workers_.begin(), workers_.end(), [generation](const auto& entry) {
    return entry.second.generation == generation && entry.second.place != Place::None;
  });
}

bool WorkerTable::has_any_of(Generation generation) const {
  return std::any_of(workers_.begin(), workers_.end(), [generation](const auto& entry) {
    return entry.second.generation == generation;
  });
}

Worker* WorkerTable::promote_successor(Slot slot) {
  Worker* const displaced = current(slot);
  if (displaced != nullptr) {
    leave_place(*displaced);
  }
  Worker& heir = *successor(slot);
  leave_place(heir);
  take_place(heir, Place::Current);
  return displaced;
}

void WorkerTable::vacate(Worker& worker) {
  leave_place(worker);
  worker.state = WorkerState::Draining;
}

std::optional<Departure> WorkerTable::remove(Pid pid) {
  const Worker* const worker = with_pid(pid);
  return worker == nullptr ? std::nullopt : remove(workers_.find(worker->id));
}

std::optional<Departure> WorkerTable::remove_fork(Slot slot, Generation generation) {
  return remove(find_fork(slot, generation));
}

void WorkerTable::remove_forks(Generation generation) {
  for (Entry entry = workers_.begin(); entry != workers_.end();) {
    const Entry each = entry++;
    if (each->second.generation == generation && !each->second.pid) {
      remove(each);
    }
  }
}

Worker* WorkerTable::find(std::optional<WorkerId> id) {
  return id ? &workers_.at(*id) : nullptr;
}

const Worker* WorkerTable::find(std::optional<WorkerId> id) const {
  return id ? &workers_.at(*id) : nullptr;
}

WorkerTable::Entry WorkerTable::find_fork(Slot slot, Generation generation) {
  return std::find_if(workers_.begin(), workers_.end(), [slot, generation](const auto& each) {
    const Worker& worker = each.second;
    return !worker.pid && worker.slot == slot && worker.generation == generation;
  });
}

void WorkerTable::take_place(Worker& worker, Place place) {
  SlotEntry& slot = slots_[worker.slot];
  (place == Place::Current ? slot.current : slot.successor) = worker.id;
  worker.place = place;
}

void WorkerTable::leave_place(Worker& worker) {
  if (worker.place == Place::None) {
    return;  // Its slot may not even exist any more.
  }
  SlotEntry& slot = slots_[worker.slot];
  (worker.place == Place::Current ? slot.current : slot.successor).reset();
  worker.place = Place::None;
}

std::optional<Departure> WorkerTable::remove(Entry entry) {
  if (entry == workers_.end()) {
    return std::nullopt;
  }
  const Place place = entry->second.place;
  leave_place(entry->second);
  Departure departure{std::move(entry->second), place};
  workers_.erase(entry);
  return departure;
}

}  // namespace appserver::supervision
