#include "supervision/shutdown.h"

#include <chrono>

#include "supervision/departures.h"
#include "supervision/deploy.h"
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

void hasten(Ledger& ledger, TimePoint now) {
  ledger.desired.stop = StopMode::Quick;
  hasten_workers(ledger, now);
  hasten_zygotes(ledger, now);
}

void begin_stop(Ledger& ledger, StopMode mode, TimePoint now) {
  Desired& desired = ledger.desired;
  cancel_deploys(ledger);
  desired.stop = mode;
  desired.stop_at.reset();
  desired.first_boot = false;
  ledger.generations.find(desired.live)->state = GenerationState::Retired;
  if (mode == StopMode::Graceful) {
    ledger.command(CloseDoors{});
  }
  close_all_slots(ledger, now);
}

// Whether there is somebody to be warned. During the first boot nobody counts on the server yet.
bool begins_later(const Ledger& ledger, StopMode mode) {
  return mode == StopMode::Graceful && ledger.policy.drain_delay > Duration::zero() &&
         !ledger.is_stop_requested() && !ledger.desired.first_boot;
}

}  // namespace

void request_stop(Ledger& ledger, StopMode mode, TimePoint now) {
  if (begins_later(ledger, mode)) {
    ledger.desired.stop_at = now + ledger.policy.drain_delay;
    ledger.command(StopDelayed{
        std::chrono::duration_cast<std::chrono::milliseconds>(ledger.policy.drain_delay)});
    return;
  }
  const bool is_first = ledger.desired.stop == StopMode::None;
  if (is_first) {
    begin_stop(ledger, mode, now);
  }
  if (!is_first || mode == StopMode::Quick) {
    hasten(ledger, now);
  }
}

void pass_drain_delay(Ledger& ledger, TimePoint now) {
  if (ledger.desired.stop_at && *ledger.desired.stop_at <= now) {
    begin_stop(ledger, StopMode::Graceful, now);
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
