#include "supervision/rollout.h"

#include <utility>

namespace appserver::supervision {
namespace {

constexpr const char* kStopping = "the server is stopping; reload after it was started again";

std::string superseded_by(Generation newer) {
  return "superseded by generation " + std::to_string(newer) + " before it was live";
}

// Ends a reload of which nothing was started yet.
void refuse(Ledger& ledger, Generation generation, const std::string& why) {
  ledger.command(GenerationFailed{generation, why});
  ledger.command(ForgetGeneration{generation});
}

// Successors of another generation are wanted from now on: how the earlier ones ended says nothing
// about these.
void forget_replacement_deaths(Ledger& ledger) {
  for (Slot slot = 0; slot < ledger.workers.slot_count(); ++slot) {
    ledger.workers.slot(slot).replacement = {};
  }
}

void begin_rollout(Ledger& ledger, Generation generation) {
  forget_replacement_deaths(ledger);
  ledger.generations.add(generation);
  ledger.desired.rollout = generation;
}

void queue_rollout(Ledger& ledger, Generation generation) {
  const auto older = std::exchange(ledger.desired.queued, generation);
  if (older) {
    refuse(ledger, *older, superseded_by(generation));
  }
}

bool is_served_by(const WorkerTable& workers, Slot slot, Generation generation) {
  const Worker* const worker = workers.current(slot);
  return worker != nullptr && worker->generation == generation &&
         worker->state == WorkerState::Serving;
}

}  // namespace

void request_rollout(Ledger& ledger, Generation generation) {
  if (generation <= ledger.newest) {
    return;
  }
  ledger.newest = generation;
  if (ledger.is_stop_requested()) {
    refuse(ledger, generation, kStopping);
  } else if (ledger.desired.first_boot) {
    queue_rollout(ledger, generation);
  } else {
    if (ledger.desired.rollout) {
      abort_rollout(ledger, superseded_by(generation));
    }
    begin_rollout(ledger, generation);
  }
}

void begin_queued_rollout(Ledger& ledger) {
  if (const auto queued = std::exchange(ledger.desired.queued, std::nullopt)) {
    begin_rollout(ledger, *queued);
  }
}

void abort_rollout(Ledger& ledger, const std::string& why) {
  const Generation failed = *std::exchange(ledger.desired.rollout, std::nullopt);
  ledger.generations.find(failed)->state = GenerationState::Failed;
  ledger.command(GenerationFailed{failed, why});
}

void cancel_rollouts(Ledger& ledger) {
  if (ledger.desired.rollout) {
    abort_rollout(ledger, kStopping);
  }
  if (const auto queued = std::exchange(ledger.desired.queued, std::nullopt)) {
    refuse(ledger, *queued, kStopping);
  }
}

void conclude_rollout(Ledger& ledger) {
  if (!ledger.desired.rollout) {
    return;
  }
  const Generation next = *ledger.desired.rollout;
  for (Slot slot = 0; slot < ledger.workers.slot_count(); ++slot) {
    if (!is_served_by(ledger.workers, slot, next)) {
      return;
    }
  }
  ledger.generations.find(ledger.desired.live)->state = GenerationState::Retired;
  ledger.generations.find(next)->state = GenerationState::Live;
  ledger.desired.live = next;
  ledger.desired.rollout.reset();
  ledger.command(GenerationLive{next});
}

}  // namespace appserver::supervision
