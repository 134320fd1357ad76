#include "supervision/supervisor.h"

#include <utility>
#include <variant>

#include "supervision/deploy.h"
#include "supervision/first_boot.h"
#include "supervision/recycling.h"
#include "supervision/shutdown.h"
#include "supervision/staffing.h"
#include "supervision/worker_life.h"
#include "supervision/zygotes.h"

namespace appserver::supervision {
namespace {

// One overload per event: the table of contents of this room.
struct Apply {
  Ledger& ledger;
  TimePoint now;

  void operator()(const ZygoteReady& event) const { zygote_ready(ledger, event, now); }
  void operator()(const ZygoteFailed& event) const { zygote_failed(ledger, event, now); }
  void operator()(const ZygoteExited& event) const { zygote_exited(ledger, event, now); }
  void operator()(const WorkerForked& event) const { worker_forked(ledger, event, now); }
  void operator()(const WorkerForkFailed& event) const { worker_fork_failed(ledger, event, now); }
  void operator()(const WorkerReady& event) const { worker_ready(ledger, event, now); }
  void operator()(const WorkerFailedToBoot& event) const {
    worker_failed_to_boot(ledger, event, now);
  }
  void operator()(const HandlerOverdue& event) const { handler_overdue(ledger, event, now); }
  void operator()(const WorkerExited& event) const { worker_exited(ledger, event, now); }
  void operator()(const ReloadRequested& event) const {
    request_deploy(ledger, event.generation, event.plan);
  }
  void operator()(const RollbackRequested&) const { request_rollback(ledger); }
  void operator()(const VerificationEnded& event) const { verification_ended(ledger, event); }
  void operator()(const FiguresTaken& event) const { figures_taken(ledger, event); }
  void operator()(const ScaleRequested& event) const { scale(ledger, event.workers, now); }
  void operator()(const StopRequested& event) const {
    request_stop(ledger, event.graceful ? StopMode::Graceful : StopMode::Quick, now);
  }
  void operator()(const TimePassed&) const {}
  void operator()(const RecycleRequested& event) const { recycle_requested(ledger, event, now); }
};

void take_earlier(std::optional<TimePoint>& earliest, const std::optional<TimePoint>& other) {
  if (other && (!earliest || *other < *earliest)) {
    earliest = other;
  }
}

}  // namespace

Result<Supervisor> Supervisor::resume(const Policy& policy, std::uint32_t seed,
                                      const LedgerCopy& copy) {
  Supervisor supervisor(policy, seed);
  if (auto restored = restore(supervisor.ledger_, copy); !restored) {
    return failure(std::move(restored.error()));
  }
  return supervisor;
}

std::vector<Command> Supervisor::start(TimePoint now) {
  ledger_.generations.add(ledger_.desired.live);
  scale(ledger_, ledger_.policy.workers, now);
  return settle(now);
}

std::vector<Command> Supervisor::handle(const Event& event, TimePoint now) {
  if (ledger_.finished) {
    return {};
  }
  // The event first: a worker that is ready at the last moment is ready.
  std::visit(Apply{ledger_, now}, event);
  pass_worker_deadlines(ledger_, now);
  pass_zygote_deadlines(ledger_, now);
  pass_drain_delay(ledger_, now);
  pass_standby_deadline(ledger_, now);
  return settle(now);
}

std::vector<Command> Supervisor::settle(TimePoint now) {
  ledger_.wake_up.reset();
  judge_first_boot(ledger_, now);
  advance_deploy(ledger_, now);
  staff_slots(ledger_, now);
  conclude_undoing(ledger_);
  recycle_next(ledger_, now);
  tend_zygotes(ledger_, now);
  forget_generations(ledger_);
  conclude_shutdown(ledger_);
  if (!ledger_.workers.has_unanswered_forks()) {
    ledger_.early.forget_all();
  }
  return std::exchange(ledger_.commands, {});
}

std::optional<TimePoint> Supervisor::next_deadline() const {
  std::optional<TimePoint> earliest = ledger_.wake_up;
  take_earlier(earliest, ledger_.desired.stop_at);
  if (ledger_.deploy) {
    take_earlier(earliest, ledger_.deploy->deadline);
  }
  if (ledger_.standby) {
    take_earlier(earliest, ledger_.standby->until);
  }
  for (const auto& [id, worker] : ledger_.workers.workers()) {
    take_earlier(earliest, worker.deadline);
  }
  for (const auto& [generation, entry] : ledger_.generations.entries()) {
    take_earlier(earliest, entry.zygote.deadline);
  }
  return earliest;
}

bool Supervisor::is_in_crash_loop(Slot slot) const {
  const Worker* const worker = ledger_.workers.current(slot);
  return (worker == nullptr || worker->state != WorkerState::Serving) &&
         ledger_.workers.slot(slot).refill.quick_deaths >= ledger_.policy.restart.crash_loop_after;
}

}  // namespace appserver::supervision
