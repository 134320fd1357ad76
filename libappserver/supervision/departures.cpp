#include "supervision/departures.h"

namespace appserver::supervision {
namespace {

void drain_worker(Ledger& ledger, Worker& worker, TimePoint now) {
  worker.asked = Rung::Drain;
  worker.deadline = now + ledger.policy.graceful_timeout;
  ledger.command(DrainWorker{*worker.pid});
}

}  // namespace

void dismiss(Ledger& ledger, Worker& worker, TimePoint now) {
  const bool served = worker.state == WorkerState::Serving;
  ledger.workers.vacate(worker);
  if (!worker.pid || worker.asked == Rung::Kill) {
    return;
  }
  if (served && ledger.desired.stop != StopMode::Quick) {
    drain_worker(ledger, worker, now);
  } else {
    stop_worker(ledger, worker, now);
  }
}

void stop_worker(Ledger& ledger, Worker& worker, TimePoint now) {
  worker.asked = Rung::Stop;
  worker.deadline = now + ledger.policy.kill_grace;
  ledger.command(StopWorker{*worker.pid});
}

void kill_worker(Ledger& ledger, Worker& worker) {
  worker.asked = Rung::Kill;
  worker.deadline.reset();
  ledger.command(KillWorker{*worker.pid});
}

void climb_ladder(Ledger& ledger, Worker& worker, TimePoint now) {
  if (worker.asked == Rung::Drain) {
    ledger.command(DrainTimedOut{worker.slot, *worker.pid});
    stop_worker(ledger, worker, now);
  } else {
    kill_worker(ledger, worker);
  }
}

}  // namespace appserver::supervision
