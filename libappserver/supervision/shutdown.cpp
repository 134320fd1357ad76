#include "supervision/shutdown.h"

#include "supervision/departures.h"
#include "supervision/rollout.h"
#include "supervision/staffing.h"
#include "supervision/zygotes.h"

namespace appserver::supervision {
namespace {

void hasten_workers(Ledger& ledger, TimePoint now) {
  for (auto& [id, worker] : ledger.workers.workers()) {
    if (worker.asked == Rung::Drain) {
      stop_worker(ledger, worker, now);
    }
  }
}

}  // namespace

void request_stop(Ledger& ledger, StopMode mode, TimePoint now) {
  Desired& desired = ledger.desired;
  if (desired.stop == StopMode::None) {
    cancel_rollouts(ledger);
    desired.stop = mode;
    desired.first_boot = false;
    ledger.generations.find(desired.live)->state = GenerationState::Retired;
    close_all_slots(ledger, now);
  } else {
    desired.stop = StopMode::Quick;
  }
  if (desired.stop == StopMode::Quick) {
    hasten_workers(ledger, now);
    hasten_zygotes(ledger, now);
  }
}

void conclude_shutdown(Ledger& ledger) {
  // A generation is forgotten when its zygote and its workers are gone.
  if (ledger.desired.stop != StopMode::None && ledger.generations.entries().empty()) {
    ledger.finished = true;
    ledger.command(ExitMaster{ledger.desired.exit_code});
  }
}

}  // namespace appserver::supervision
