#include "supervision/deploy.h"

#include <algorithm>
#include <utility>

#include "supervision/watch_verdict.h"
#include "supervision/wording.h"

namespace appserver::supervision {
namespace {

constexpr const char* kStopping = "the server is stopping; deploy after it was started again";

std::string superseded_by(Generation newer) {
  return "superseded by generation " + std::to_string(newer) + " before it was live";
}

void tell_end(Ledger& ledger, Generation generation, DeployOutcome outcome, std::string why) {
  ledger.command(DeployEnded{generation, outcome, std::move(why)});
}

// Ends a deploy of which nothing was started yet.
void refuse(Ledger& ledger, Generation generation, DeployOutcome outcome, const std::string& why) {
  ledger.command(GenerationFailed{generation, why});
  tell_end(ledger, generation, outcome, why);
  ledger.command(ForgetGeneration{generation});
}

// Successors of another generation are wanted from now on: how the earlier ones ended says nothing
// about these.
void forget_replacement_deaths(Ledger& ledger) {
  for (Slot slot = 0; slot < ledger.workers.slot_count(); ++slot) {
    ledger.workers.slot(slot).replacement = {};
  }
}

void end_undoing(Ledger& ledger, DeployOutcome outcome) {
  if (auto undoing = std::exchange(ledger.undoing, std::nullopt)) {
    tell_end(ledger, undoing->generation, outcome, std::move(undoing->why));
  }
}

void begin(Ledger& ledger, Generation generation, const DeployPlan& plan) {
  forget_replacement_deaths(ledger);
  ledger.desired.rollout = generation;
  ledger.deploy = Deploy{generation, plan};
}

void begin_new(Ledger& ledger, Generation generation, const DeployPlan& plan) {
  ledger.generations.add(generation);
  begin(ledger, generation, plan);
}

void queue(Ledger& ledger, Generation generation, const DeployPlan& plan) {
  const auto older = std::exchange(ledger.desired.queued, generation);
  ledger.queued_plan = plan;
  if (older) {
    refuse(ledger, *older, DeployOutcome::Superseded, superseded_by(generation));
  }
}

bool is_served_by(const WorkerTable& workers, Slot slot, Generation generation) {
  const Worker* const worker = workers.current(slot);
  return worker != nullptr && worker->generation == generation &&
         worker->state == WorkerState::Serving;
}

// Whether green serves on the first `count` slots.
bool serves(const Ledger& ledger, Slot count) {
  const Slot slots = std::min(count, ledger.workers.slot_count());
  for (Slot slot = 0; slot < slots; ++slot) {
    if (!is_served_by(ledger.workers, slot, ledger.deploy->generation)) {
      return false;
    }
  }
  return true;
}

void enter(Ledger& ledger, DeployStage stage) {
  Deploy& deploy = *ledger.deploy;
  deploy.stage = stage;
  deploy.deadline.reset();
  ledger.command(DeployAdvanced{deploy.generation, stage});
}

void begin_verifying(Ledger& ledger, TimePoint now) {
  enter(ledger, DeployStage::Verifying);
  ledger.generations.find(ledger.deploy->generation)->state = GenerationState::Verifying;
  ledger.deploy->deadline = now + ledger.policy.verify_timeout;
  ledger.command(StartVerification{ledger.deploy->generation});
}

// Green gets its first clients. If an earlier one is not undone by now, because the live zygote
// cannot fork for instance, its slots go to this one.
void open_slots(Ledger& ledger) {
  end_undoing(ledger, DeployOutcome::Superseded);
  const Deploy& deploy = *ledger.deploy;
  const bool has_canary =
      deploy.plan.canary > 0 && deploy.plan.canary < ledger.workers.slot_count();
  if (deploy.plan.watch > Duration::zero()) {
    ledger.command(StartWatch{deploy.generation, ledger.desired.live});
  }
  enter(ledger, has_canary ? DeployStage::Canary : DeployStage::Swapping);
}

void begin_watch(Ledger& ledger, DeployStage stage, TimePoint now) {
  enter(ledger, stage);
  ledger.deploy->deadline = now + ledger.deploy->plan.watch;
}

void put_on_standby(Ledger& ledger, Generation generation, TimePoint now) {
  GenerationEntry& entry = *ledger.generations.find(generation);
  if (ledger.policy.standby_timeout > Duration::zero() && ledger.deploy->plan.keeps_blue &&
      entry.zygote.state == ZygoteState::Ready) {
    entry.state = GenerationState::Standby;
    ledger.standby = Standby{generation, now + ledger.policy.standby_timeout};
  } else {
    entry.state = GenerationState::Retired;
  }
}

void drop_standby(Ledger& ledger) {
  if (const auto standby = std::exchange(ledger.standby, std::nullopt)) {
    ledger.generations.find(standby->generation)->state = GenerationState::Retired;
  }
}

void close(Ledger& ledger) {
  const Deploy& deploy = *ledger.deploy;
  if (deploy.stage == DeployStage::Verifying) {
    ledger.command(CancelVerification{deploy.generation});
  }
  if (deploy.is_open() && deploy.plan.watch > Duration::zero()) {
    ledger.command(StopWatch{deploy.generation});
  }
  ledger.deploy.reset();
  ledger.desired.rollout.reset();
}

void conclude(Ledger& ledger, TimePoint now) {
  const Generation next = ledger.deploy->generation;
  drop_standby(ledger);
  put_on_standby(ledger, ledger.desired.live, now);
  close(ledger);
  ledger.generations.find(next)->state = GenerationState::Live;
  ledger.desired.live = next;
  ledger.command(GenerationLive{next});
  tell_end(ledger, next, DeployOutcome::Live, "");
}

// Returns: whether the deploy is in another stage now, which may be able to go on as well.
bool take_a_step(Ledger& ledger, TimePoint now) {
  Deploy& deploy = *ledger.deploy;
  const bool is_time = !deploy.deadline || *deploy.deadline <= now;
  if (is_time) {
    deploy.deadline.reset();
  }
  const bool is_watched = deploy.plan.watch > Duration::zero();
  const Slot all = ledger.workers.slot_count();
  switch (deploy.stage) {
    case DeployStage::Booting:
      if (!ledger.generations.can_fork(deploy.generation)) {
        return false;
      }
      deploy.plan.verify ? begin_verifying(ledger, now) : open_slots(ledger);
      return true;
    case DeployStage::Verifying:
      if (is_time) {
        abort_deploy(ledger, "its verification was not over within " +
                                 describe(ledger.policy.verify_timeout) +
                                 "; if it needs longer, raise verify_timeout");
      }
      return false;
    case DeployStage::Canary:
      if (!serves(ledger, deploy.plan.canary)) {
        return false;
      }
      is_watched ? begin_watch(ledger, DeployStage::WatchingCanary, now)
                 : enter(ledger, DeployStage::Swapping);
      return true;
    case DeployStage::WatchingCanary:
      if (!is_time || !serves(ledger, deploy.plan.canary)) {
        return false;
      }
      enter(ledger, DeployStage::Swapping);
      return true;
    case DeployStage::Swapping:
      if (!serves(ledger, all)) {
        return false;
      }
      is_watched ? begin_watch(ledger, DeployStage::Watching, now) : conclude(ledger, now);
      return true;
    case DeployStage::Watching:
      if (is_time && serves(ledger, all)) {
        conclude(ledger, now);
      }
      return false;
  }
  return false;
}

}  // namespace

void request_deploy(Ledger& ledger, Generation generation, const DeployPlan& plan) {
  if (generation <= ledger.newest) {
    return;
  }
  ledger.newest = generation;
  if (ledger.is_stop_requested()) {
    refuse(ledger, generation, DeployOutcome::Refused, kStopping);
    return;
  }
  const auto other = ledger.desired.first_boot ? ledger.desired.queued : ledger.desired.rollout;
  if (other && !plan.supersede) {
    refuse(ledger, generation, DeployOutcome::Refused,
           "the deploy of generation " + std::to_string(*other) +
               " is under way; wait for its end, or supersede it");
  } else if (ledger.desired.first_boot) {
    queue(ledger, generation, plan);
  } else {
    if (other) {
      abort_deploy(ledger, superseded_by(generation), DeployOutcome::Superseded);
    }
    begin_new(ledger, generation, plan);
  }
}

void request_rollback(Ledger& ledger) {
  if (ledger.is_stop_requested() || (ledger.deploy && ledger.deploy->plan.is_rollback)) {
    return;
  }
  if (ledger.deploy) {
    abort_deploy(ledger, "a rollback was asked for");
  } else if (const auto standby = std::exchange(ledger.standby, std::nullopt)) {
    DeployPlan plan;
    plan.at_once = true;
    plan.is_rollback = true;
    begin(ledger, standby->generation, plan);
  }
}

void begin_queued_deploy(Ledger& ledger) {
  if (const auto queued = std::exchange(ledger.desired.queued, std::nullopt)) {
    begin_new(ledger, *queued, ledger.queued_plan);
  }
}

void verification_ended(Ledger& ledger, const VerificationEnded& event) {
  if (!ledger.deploy || ledger.deploy->generation != event.generation ||
      ledger.deploy->stage != DeployStage::Verifying) {
    return;
  }
  if (event.passed) {
    open_slots(ledger);
  } else {
    ledger.deploy->stage = DeployStage::Booting;  // Nothing is left to be cancelled.
    abort_deploy(ledger, event.why);
  }
}

void figures_taken(Ledger& ledger, const FiguresTaken& event) {
  if (!ledger.deploy || ledger.deploy->generation != event.generation ||
      !ledger.deploy->is_open()) {
    return;
  }
  if (const auto fault = find_fault(event.figures, ledger.policy.watch)) {
    abort_deploy(ledger, *fault);
  }
}

void note_service(Ledger& ledger, Generation generation) {
  if (ledger.deploy && ledger.deploy->generation == generation) {
    ledger.deploy->has_served = true;
  }
}

void note_crash(Ledger& ledger, Generation generation) {
  if (!ledger.deploy || !ledger.deploy->is_open() ||
      ledger.deploy->plan.watch == Duration::zero()) {
    return;
  }
  WatchCrashes& crashes = ledger.deploy->crashes;
  if (generation == ledger.deploy->generation) {
    ++crashes.green;
  } else if (generation == ledger.desired.live) {
    ++crashes.blue;
  }
  if (const auto fault = find_fault(crashes, ledger.policy.watch)) {
    abort_deploy(ledger, *fault);
  }
}

void abort_deploy(Ledger& ledger, const std::string& why, DeployOutcome outcome) {
  const Generation failed = ledger.deploy->generation;
  if (outcome == DeployOutcome::Failed && ledger.deploy->has_served) {
    outcome = DeployOutcome::RolledBack;
  }
  close(ledger);
  ledger.generations.find(failed)->state = GenerationState::Failed;
  ledger.command(GenerationFailed{failed, why});
  if (outcome == DeployOutcome::RolledBack) {
    ledger.undoing = Undoing{failed, why};
  } else {
    tell_end(ledger, failed, outcome, why);
  }
}

void cancel_deploys(Ledger& ledger) {
  if (ledger.deploy) {
    abort_deploy(ledger, kStopping, DeployOutcome::Cancelled);
  }
  end_undoing(ledger, DeployOutcome::Cancelled);
  if (const auto queued = std::exchange(ledger.desired.queued, std::nullopt)) {
    refuse(ledger, *queued, DeployOutcome::Cancelled, kStopping);
  }
  drop_standby(ledger);
}

void advance_deploy(Ledger& ledger, TimePoint now) {
  while (ledger.deploy && take_a_step(ledger, now)) {
  }
}

void conclude_undoing(Ledger& ledger) {
  if (!ledger.undoing) {
    return;
  }
  for (Slot slot = 0; slot < ledger.workers.slot_count(); ++slot) {
    // A slot whose worker died and may not be filled yet is none of the failed deploy's any more.
    if (ledger.workers.current(slot) != nullptr &&
        !is_served_by(ledger.workers, slot, ledger.desired.live)) {
      return;
    }
  }
  end_undoing(ledger, DeployOutcome::RolledBack);
}

void pass_standby_deadline(Ledger& ledger, TimePoint now) {
  if (ledger.standby && ledger.standby->until <= now) {
    drop_standby(ledger);
  }
}

}  // namespace appserver::supervision
