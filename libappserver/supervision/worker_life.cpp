#include "supervision/worker_life.h"

#include <chrono>
#include <optional>
#include <string>

#include "supervision/departures.h"
#include "supervision/deploy.h"
#include "supervision/recycling.h"
#include "supervision/wording.h"
#include "supervision/zygotes.h"

namespace appserver::supervision {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

// When the place may be filled again.
RestartPolicy::Verdict decide_restart(Ledger& ledger, const Departure& departure, TimePoint now) {
  const Worker& worker = departure.worker;
  SlotEntry& slot = ledger.workers.slot(worker.slot);
  RestartHistory& history = departure.place == Place::Current ? slot.refill : slot.replacement;
  const auto served = worker.state == WorkerState::Serving
                          ? std::optional<Duration>(now - worker.ready_at)
                          : std::nullopt;
  return ledger.restarts.record_death(history, served, ledger.policy.restart, now);
}

void note_failure(Ledger& ledger, const Worker& worker, const BootFailure& failure) {
  SlotEntry& slot = ledger.workers.slot(worker.slot);
  slot.had_outcome = true;
  slot.failed = true;
  if (GenerationEntry* const entry = ledger.generations.find(worker.generation)) {
    entry->last_failure = failure;
  }
}

// Somebody sent TERM to a worker, or it left for a reason of its own: not asked by us, but no
// failure. It is refilled at once like any other; only if workers of the slot keep leaving as soon
// as they are ready does the back-off apply, because that would be a storm of forks.
bool left_in_good_order(const Worker& worker, const ExitReason& reason) {
  return worker.state == WorkerState::Serving && reason.kind == ExitReason::Kind::Exited &&
         reason.code == 0;
}

// What a worker said of itself, as a sentence about it.
BootFailure failed_start(const Worker& worker, const BootFailure& said) {
  return {said.fault, describe(worker) + " failed to start: " + said.why};
}

BootFailure explain(const Worker& worker, const ExitReason& reason) {
  if (worker.failure) {
    return *worker.failure;
  }
  const bool served = worker.state == WorkerState::Serving;
  return {BootFault::WorkerFailedToBoot,
          describe(worker) + " " + describe(reason) + (served ? "" : " before it was ready")};
}

// A worker ended that was not asked to.
void lose(Ledger& ledger, const Departure& departure, const ExitReason& reason, TimePoint now) {
  const Worker& worker = departure.worker;
  const BootFailure failure = explain(worker, reason);
  if (!left_in_good_order(worker, reason)) {
    note_failure(ledger, worker, failure);
  }
  const RestartPolicy::Verdict verdict = decide_restart(ledger, departure, now);
  const bool ends_rollout = worker.generation == ledger.desired.rollout &&
                            (worker.state == WorkerState::Starting || verdict.crash_loop);
  // Otherwise the slot goes back to another generation, without a delay.
  const bool waits = ledger.wants(worker.generation) && !ends_rollout;
  const Duration delay = waits ? verdict.delay : Duration::zero();
  ledger.command(WorkerLost{worker.slot, worker.generation, *worker.pid, reason,
                            duration_cast<milliseconds>(delay), verdict.crash_loop, failure.why});
  if (ends_rollout) {
    abort_deploy(ledger,
                 verdict.crash_loop ? failure.why + "; it is in a crash loop" : failure.why);
  } else if (!left_in_good_order(worker, reason)) {
    note_crash(ledger, worker.generation);
  }
}

void boot_timed_out(Ledger& ledger, Worker& worker) {
  if (!worker.failure) {
    worker.failure = {BootFault::WorkerFailedToBoot,
                      describe(worker) + " was not ready within " +
                          describe(ledger.policy.boot_timeout) +
                          "; if the app needs longer, raise boot_timeout"};
  }
  kill_worker(ledger, worker);
  if (worker.generation == ledger.desired.rollout) {
    abort_deploy(ledger, worker.failure->why);
  }
}

}  // namespace

void worker_forked(Ledger& ledger, const WorkerForked& event, TimePoint now) {
  Worker* const worker = ledger.workers.bind(event.slot, event.generation, event.pid);
  if (worker == nullptr) {
    return;
  }
  const News news = ledger.early.take(event.pid);
  if (news.exit) {
    // It is reaped already, so nothing must be sent to it, and nobody may be replaced by it.
    if (news.failure) {
      worker->failure = failed_start(*worker, *news.failure);
    }
    worker_exited(ledger, {event.pid, *news.exit}, now);
    return;
  }
  if (worker->state == WorkerState::Draining) {
    // The fork was given up meanwhile. One that is ready may have connections already.
    worker->state = news.ready ? WorkerState::Serving : WorkerState::Starting;
    dismiss(ledger, *worker, now);
    return;
  }
  worker->deadline = now + ledger.policy.boot_timeout;
  if (news.failure) {
    worker_failed_to_boot(ledger, {event.pid, news.failure->fault, news.failure->why}, now);
  } else if (news.ready) {
    worker_ready(ledger, {event.pid}, now);
    if (news.recycle) {
      recycle_requested(ledger, {event.pid, *news.recycle}, now);
    }
  }
}

void worker_fork_failed(Ledger& ledger, const WorkerForkFailed& event, TimePoint now) {
  const auto departure = ledger.workers.remove_fork(event.slot, event.generation);
  if (!departure || departure->place == Place::None) {
    return;
  }
  const BootFailure failure{BootFault::WorkerFailedToBoot,
                            describe(departure->worker) + " could not be forked: " + event.why};
  note_failure(ledger, departure->worker, failure);
  decide_restart(ledger, *departure, now);
  if (event.generation == ledger.desired.rollout) {
    abort_deploy(ledger, failure.why);
  }
}

void worker_ready(Ledger& ledger, const WorkerReady& event, TimePoint now) {
  Worker* const worker = ledger.workers.with_pid(event.pid);
  if (worker == nullptr) {
    ledger.early.of(event.pid).ready = true;
    return;
  }
  if (worker->state != WorkerState::Starting || worker->failure) {
    return;  // It was asked to leave meanwhile, or its time was up.
  }
  worker->state = WorkerState::Serving;
  worker->ready_at = now;
  worker->deadline.reset();
  note_service(ledger, worker->generation);
  SlotEntry& slot = ledger.workers.slot(worker->slot);
  slot.had_outcome = true;
  if (worker->place != Place::Successor) {
    return;
  }
  if (slot.home != worker->generation) {
    slot.home = worker->generation;
    slot.refill = {};  // The deaths were those of another generation.
  }
  if (Worker* const displaced = ledger.workers.promote_successor(worker->slot)) {
    note_takeover(ledger, *displaced, worker->generation);
    if (displaced->generation != worker->generation) {
      ledger.command(SlotSwapped{worker->slot, worker->generation, event.pid});
    }
    dismiss(ledger, *displaced, now);
  }
}

void worker_failed_to_boot(Ledger& ledger, const WorkerFailedToBoot& event, TimePoint now) {
  Worker* const worker = ledger.workers.with_pid(event.pid);
  if (worker == nullptr) {
    ledger.early.of(event.pid).failure = {event.fault, event.why};
    return;
  }
  if (worker->state != WorkerState::Starting || worker->failure) {
    return;
  }
  worker->failure = failed_start(*worker, {event.fault, event.why});
  worker->deadline = now + ledger.policy.kill_grace;  // It leaves by itself, or else.
  if (worker->generation == ledger.desired.rollout) {
    abort_deploy(ledger, worker->failure->why);
  }
}

void worker_exited(Ledger& ledger, const WorkerExited& event, TimePoint now) {
  const auto departure = ledger.workers.remove(event.pid);
  if (!departure) {
    ledger.early.of(event.pid).exit = event.reason;
  } else if (departure->place != Place::None) {
    lose(ledger, *departure, event.reason, now);
  } else if (event.reason.kind == ExitReason::Kind::Signalled &&
             departure->worker.asked < Rung::Kill) {
    note_crash(ledger, departure->worker.generation);
  }
}

void handler_overdue(Ledger& ledger, const HandlerOverdue& event, TimePoint now) {
  Worker* const worker = ledger.workers.with_pid(event.pid);
  if (worker == nullptr || worker->asked == Rung::Kill) {
    return;
  }
  if (!worker->hang || worker->hang->handler_since != event.since) {
    worker->hang = {event.since, now};
    ledger.command(TimeOutWorker{event.pid});
  } else if (now - worker->hang->told_at >= ledger.policy.hang_grace) {
    kill_worker(ledger, *worker);
  }
}

void pass_worker_deadlines(Ledger& ledger, TimePoint now) {
  for (auto& [id, worker] : ledger.workers.workers()) {
    if (!worker.deadline || *worker.deadline > now) {
      continue;
    }
    if (!worker.pid) {
      worker.deadline.reset();
      fork_timed_out(ledger, worker.generation);
    } else if (worker.state == WorkerState::Starting) {
      boot_timed_out(ledger, worker);
    } else {
      climb_ladder(ledger, worker, now);
    }
  }
}

}  // namespace appserver::supervision
