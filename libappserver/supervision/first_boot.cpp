#include "supervision/first_boot.h"

#include <string>

#include "base/exit_codes.h"
#include "supervision/deploy.h"
#include "supervision/shutdown.h"

namespace appserver::supervision {
namespace {

struct Outcomes {
  bool any_serving = false;
  bool all_failed = true;
  bool all_known = true;
};

Outcomes count_outcomes(const WorkerTable& workers) {
  Outcomes outcomes;
  for (Slot slot = 0; slot < workers.slot_count(); ++slot) {
    outcomes.any_serving |= workers.serves(slot);
    outcomes.all_failed &= workers.slot(slot).failed;
    outcomes.all_known &= workers.slot(slot).had_outcome;
  }
  return outcomes;
}

// A reload that was asked for meanwhile still waits for the end of the first boot.
void fall_back(Ledger& ledger) {
  const Generation failed = ledger.desired.live;
  const Generation next = ++ledger.newest;
  ledger.has_fallback = false;
  ledger.generations.find(failed)->state = GenerationState::Failed;
  ledger.generations.add(next);
  ledger.desired.live = next;
  for (Slot slot = 0; slot < ledger.workers.slot_count(); ++slot) {
    SlotEntry& entry = ledger.workers.slot(slot);
    entry.home = next;
    entry.refill = {};
    entry.had_outcome = entry.failed = false;
  }
  ledger.command(StartFallback{failed, next});
}

void give_up(Ledger& ledger, TimePoint now) {
  GenerationEntry& first = *ledger.generations.find(ledger.desired.live);
  const BootFailure failure = first.last_failure;
  ledger.command(GenerationFailed{first.generation, failure.why});
  if (ledger.has_fallback) {
    fall_back(ledger);
    return;
  }
  ledger.desired.exit_code =
      failure.fault == BootFault::AppFailedToLoad ? kBadApp : kNoWorkerBooted;
  request_stop(ledger, StopMode::Quick, now);
  first.state = GenerationState::Failed;
}

}  // namespace

void judge_first_boot(Ledger& ledger, TimePoint now) {
  if (!ledger.desired.first_boot) {
    return;
  }
  const Outcomes outcomes = count_outcomes(ledger.workers);
  if (outcomes.any_serving && outcomes.all_known) {
    ledger.desired.first_boot = false;
    ledger.generations.find(ledger.desired.live)->state = GenerationState::Live;
    ledger.command(GenerationLive{ledger.desired.live});
    begin_queued_deploy(ledger);
  } else if (outcomes.all_failed) {
    give_up(ledger, now);
  }
}

}  // namespace appserver::supervision
