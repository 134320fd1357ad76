#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "supervision/commands.h"
#include "supervision/events.h"
#include "supervision/policy.h"
#include "unit/supervision/recycle_book.h"
#include "unit/supervision/rehearsal.h"
#include "unit/supervision/simulated_world.h"

// Test code, and one table of rules: longer than a header of the library may be.
// Judges each step of a supervisor by what it was told and what it commands, with books of its own.
// The rules are those of docs/DESIGN.md, "Invariants".
namespace appserver::supervision::test {

class Referee {
 public:
  Referee(const Policy& policy, const SimulatedWorld& world)
      : policy_(policy), world_(world), wanted_(policy.workers) {
    requested_.insert(1);
  }

  // Requires: called once for each step. `event` is empty for start().
  void judge(const std::optional<Event>& event, const std::vector<Command>& commands) {
    const std::size_t serving_before = serving();
    const bool was_stopping = stopping_;
    lost_by_itself_ = 0;
    drained_slots_.clear();
    named_ = 0;
    overdue_since_ = {};
    if (event) {
      std::visit([this](const auto& each) { told(each); }, *event);
    }
    stopping_ = stopping_ || (stops_at_ && world_.now >= *stops_at_);
    const bool shrinks = event && std::holds_alternative<ScaleRequested>(*event);
    for (const Command& command : commands) {
      rule(!exited_, "nothing is said after ExitMaster");
      std::visit([this](const auto& each) { ordered(each); }, command);
    }
    rule(!stopping_ || deploying_ == 0, "no deploy outlives the order to stop");
    rule(stopping_ || was_stopping || shrinks || serving() + lost_by_itself_ >= serving_before,
         "the number of serving workers does not drop by an order");
    judge_slots();
    judge_ladders();
  }

  void judge_deadline(const std::optional<TimePoint>& deadline) {
    rule(!deadline || *deadline > world_.now, "the next deadline lies in the future");
    rule(!deadline || !exited_, "after ExitMaster there is no deadline");
  }
  // Nothing happens any more, and the last reload was a good one.
  void judge_peace(Generation newest) {
    rule(live_ == newest, "the newest good generation is live");
    rule(workers_.size() == wanted_ && serving() == wanted_, "there is one worker for each slot");
    rule(std::all_of(workers_.begin(), workers_.end(),
                     [newest](const auto& each) { return each.second.generation == newest; }),
         "all workers are of the newest good generation");
    rule(std::none_of(workers_.begin(), workers_.end(),
                      [this](const auto& each) { return recycles_.has_asked(each.first); }),
         "who asked to be recycled was replaced");
    rule(world_.living_workers() == wanted_, "nobody lives whom the supervisor does not know");
    rule(world_.living_zygotes() == 1, "only the zygote of the live generation is left");
  }
  void judge_end() {
    rule(exited_, "the master exits after all");
    for (const Generation generation : requested_) {
      const int begun = (generation == 1 ? 0 : 1) + rollbacks_[generation];
      rule(ends_[generation] == begun, "every deploy and rollback has one outcome");
    }
  }

  [[nodiscard]] bool has_exited() const { return exited_; }
  [[nodiscard]] unsigned recycled() const { return recycles_.takeovers(); }
  [[nodiscard]] bool is_stopping() const { return stopping_ || stops_at_; }
  // The first rule that was broken; empty while all is well.
  [[nodiscard]] const std::string& complaint() const { return complaint_; }

 private:
  struct Known {
    Slot slot;
    Generation generation;
    TimePoint since;  // Forked, or asked the last time.
    bool ready = false;
    Rung asked = Rung::None;
  };
  enum class Zygote { Down, Booting, Ready, Leaving, Killed };

  void rule(bool holds, const char* sentence) {
    if (!holds && complaint_.empty()) {
      complaint_ = sentence;
    }
  }
  [[nodiscard]] static bool counts(const Known& worker) {
    return worker.ready && worker.asked == Rung::None;
  }
  [[nodiscard]] std::size_t serving() const {
    return static_cast<std::size_t>(std::count_if(
        workers_.begin(), workers_.end(), [](const auto& each) { return counts(each.second); }));
  }
  [[nodiscard]] std::size_t serving_on(Slot slot) const {
    return static_cast<std::size_t>(std::count_if(
        workers_.begin(), workers_.end(),
        [slot](const auto& each) { return each.second.slot == slot && counts(each.second); }));
  }

  // --- After each step -----------------------------------------------------------------------
  void judge_slots() {
    for (Slot slot = 0; slot < wanted_; ++slot) {
      std::size_t starting = 0;
      for (const auto& [pid, worker] : workers_) {
        starting += worker.slot == slot && !worker.ready && worker.asked == Rung::None ? 1U : 0U;
      }
      rule(serving_on(slot) <= 1, "a slot has at most one serving worker");
      rule(starting <= (serving_on(slot) == 1 ? 1U : 2U), "a slot has at most one successor");
    }
    for (const Slot slot : drained_slots_) {
      rule(stopping_ || slot >= wanted_ || serving_on(slot) == 1, "replacement comes first");
    }
  }
  void judge_ladders() {
    for (const auto& [pid, worker] : workers_) {
      rule(worker.asked != Rung::Drain || world_.now < worker.since + policy_.graceful_timeout,
           "a drained worker is stopped after the graceful timeout");
      rule(worker.asked != Rung::Stop || world_.now < worker.since + policy_.kill_grace,
           "a stopped worker is killed after the grace");
    }
  }

  // --- What the supervisor is told -----------------------------------------------------------
  void told(const ZygoteReady& event) {
    if (zygotes_[event.generation] == Zygote::Booting) {
      zygotes_[event.generation] = Zygote::Ready;
    }
  }
  void told(const ZygoteFailed& event) {
    if (zygotes_[event.generation] == Zygote::Booting) {
      zygotes_[event.generation] = Zygote::Leaving;
    }
  }
  void told(const ZygoteExited& event) {
    zygotes_[event.generation] = Zygote::Down;
    recycles_.zygote_exited(event.generation);
    for (auto fork = forks_.begin(); fork != forks_.end();) {
      fork = fork->second == event.generation ? forks_.erase(fork) : std::next(fork);
    }
  }
  void told(const WorkerForked& event) {
    forks_.erase({event.slot, event.generation});
    recycles_.forked(event.slot, event.generation, event.pid);
    named_ = event.pid;
    if (reaped_.count(event.pid) == 0) {
      const bool ready = early_ready_.count(event.pid) == 1;
      workers_.emplace(event.pid, Known{event.slot, event.generation, world_.now, ready});
    } else {
      recycles_.exited(event.pid);
    }
  }
  void told(const WorkerForkFailed& event) {
    forks_.erase({event.slot, event.generation});
    recycles_.fork_failed(event.slot, event.generation);
  }
  void told(const WorkerReady& event) {
    const auto worker = workers_.find(event.pid);
    if (worker == workers_.end()) {
      early_ready_.insert(event.pid);
    } else if (worker->second.asked == Rung::None && failed_start_.count(event.pid) == 0) {
      worker->second.ready = true;
    }
  }
  void told(const WorkerFailedToBoot& event) { failed_start_.insert(event.pid); }
  void told(const WorkerExited& event) {
    reaped_.insert(event.pid);
    recycles_.exited(event.pid);
    const auto worker = workers_.find(event.pid);
    if (worker != workers_.end()) {
      lost_by_itself_ = counts(worker->second) ? 1 : 0;
      if (counts(worker->second)) {
        recycles_.given_up(worker->second.slot);
      }
      workers_.erase(worker);
    }
  }
  void told(const HandlerOverdue& event) { overdue_since_ = event.since; }
  void told(const ReloadRequested& event) {
    if (requested_.insert(event.generation).second) {
      plans_[event.generation] = event.plan;
    }
    recycles_.given_up();
  }
  void told(const ScaleRequested& event) {
    for (Slot slot = event.workers; slot < wanted_; ++slot) {
      recycles_.given_up(slot);
    }
    wanted_ = event.workers;
  }
  void told(const StopRequested& event) {
    const bool is_first = !stopping_ && !stops_at_;
    if (is_first && event.graceful && live_ != 0 && policy_.drain_delay > Duration::zero()) {
      stops_at_ = world_.now + policy_.drain_delay;
      return;
    }
    quick_ = quick_ || stopping_ || !event.graceful;
    stopping_ = true;
  }
  void told(const TimePassed&) {}
  void told(const RollbackRequested&) {}
  void told(const VerificationEnded& event) {
    if (event.generation == verifying_) {
      verifying_ = 0;
      (event.passed ? verified_ : unverified_).insert(event.generation);
    }
  }
  void told(const FiguresTaken&) {}
  void told(const RecycleRequested& event) { recycles_.asked(event.pid); }

  // --- Recycling -----------------------------------------------------------------------------
  [[nodiscard]] bool is_reloading() const {
    return deploying_ != 0 ||
           std::any_of(requested_.begin(), requested_.end(),
                       [this](Generation each) { return each != 1 && ends_.count(each) == 0; });
  }
  // The worker that serves on the slot, if it is of this generation and not that pid; 0: none.
  [[nodiscard]] Pid serving_beside(Pid pid, Slot slot, Generation generation) const {
    for (const auto& [other, worker] : workers_) {
      if (other != pid && worker.slot == slot && worker.generation == generation &&
          counts(worker)) {
        return other;
      }
    }
    return 0;
  }
  void judge_substitute(const ForkWorker& command) {
    const Pid old = serving_beside(0, command.slot, command.generation);
    if (old != 0) {
      rule(recycles_.has_asked(old), "only who asked is replaced by its own generation");
      rule(!is_reloading() && live_ != 0, "a recycle waits for a reload");
      rule(!is_stopping(), "no recycle begins once a stop was asked for");
      rule(!recycles_.is_in_progress(), "at most one recycle is in progress");
      recycles_.begins(command.slot, command.generation);
    }
  }
  void judge_takeover(Pid old, const Known& worker) {
    if (serving_beside(old, worker.slot, worker.generation) != 0) {
      rule(recycles_.has_asked(old), "only who asked gives way to its own generation");
      rule(!recycles_.is_one_leaving(), "the next recycle waits until the old worker has left");
      recycles_.taken_over_from(old);
    }
  }

  // --- What it orders ------------------------------------------------------------------------
  void ordered(const BootZygote& command) {
    Zygote& zygote = zygotes_[command.generation];
    rule(zygote == Zygote::Down, "a generation has at most one zygote");
    rule(!stopping_, "nothing is booted once the server stops");
    rule(failed_.count(command.generation) == 0 && retired_.count(command.generation) == 0,
         "a generation that failed or retired is not booted again");
    zygote = Zygote::Booting;
  }
  void ordered(const ForkWorker& command) {
    rule(zygotes_[command.generation] == Zygote::Ready, "only a ready zygote is asked to fork");
    rule(!stopping_, "nothing is forked once the server stops");
    rule(failed_.count(command.generation) == 0, "nothing is forked from a failed generation");
    judge_fork_of_green(command);
    rule(command.slot < wanted_, "only wanted slots are filled");
    judge_substitute(command);
    rule(forks_.insert({command.slot, command.generation}).second,
         "a slot and generation have at most one unanswered fork");
  }
  void judge_fork_of_green(const ForkWorker& command) {
    if (live_ == 0 || command.generation == live_) {
      return;
    }
    const DeployPlan& plan = plans_[command.generation];
    const bool is_rollback = was_live_.count(command.generation) == 1;
    rule(!plan.verify || is_rollback || verified_.count(command.generation) == 1,
         "nobody serves from what is not verified");
    const bool is_canary = stage_ == DeployStage::Canary || stage_ == DeployStage::WatchingCanary;
    rule(!is_canary || command.slot < plan.canary, "a canary stays on its slots");
  }
  Known* known(Pid pid) {
    const auto worker = workers_.find(pid);
    rule(worker != workers_.end(), "only a living worker is signalled");
    return worker == workers_.end() ? nullptr : &worker->second;
  }
  void ask(Known& worker, Rung rung) {
    worker.asked = rung;
    worker.since = world_.now;
  }
  void ordered(const DrainWorker& command) {
    if (Known* const worker = known(command.pid)) {
      rule(counts(*worker), "only a serving worker is drained, and only once");
      rule(!stopping_ || doors_closed_, "the doors are closed before the workers are drained");
      if (command.pid != named_) {
        judge_takeover(command.pid, *worker);
        drained_slots_.insert(worker->slot);
      }
      ask(*worker, Rung::Drain);
    }
  }
  void ordered(const StopWorker& command) {
    if (Known* const worker = known(command.pid)) {
      rule(!worker->ready || quick_ || worker->asked == Rung::Drain,
           "a serving worker is drained before it is stopped");
      rule(worker->asked != Rung::Drain || quick_ ||
               world_.now >= worker->since + policy_.graceful_timeout,
           "a draining worker has the graceful timeout");
      rule(worker->asked < Rung::Stop, "a worker is stopped once");
      recycles_.asked_to_leave(command.pid);
      ask(*worker, Rung::Stop);
    }
  }
  void ordered(const TimeOutWorker& command) {
    if (known(command.pid) != nullptr) {
      rule(overdue_.count({command.pid, overdue_since_}) == 0, "a hang is told once");
      overdue_[{command.pid, overdue_since_}] = world_.now;
    }
  }
  void ordered(const KillWorker& command) {
    if (Known* const worker = known(command.pid)) {
      const auto told = overdue_.find({command.pid, overdue_since_});
      if (told != overdue_.end() && told->second + policy_.hang_grace <= world_.now) {
        lost_by_itself_ += counts(*worker) ? 1U : 0U;  // It hung: nobody could count on it.
        worker->asked = Rung::Kill;
        return;
      }
      rule(worker->asked == Rung::Stop || (worker->asked == Rung::None && !worker->ready),
           "a worker is stopped before it is killed, unless it never got ready or hangs");
      rule(world_.now >= worker->since + policy_.kill_grace, "a worker has the kill grace");
      ask(*worker, Rung::Kill);
    }
  }
  void ordered(const RetireZygote& command) {
    Zygote& zygote = zygotes_[command.generation];
    rule(zygote == Zygote::Booting || zygote == Zygote::Ready,
         "only a zygote that is up is retired");
    rule(stopping_ || (command.generation != live_ && command.generation != deploying_),
         "a zygote that is wanted is not retired");
    retired_.insert(command.generation);
    zygote = Zygote::Leaving;
  }
  void ordered(const KillZygote& command) {
    Zygote& zygote = zygotes_[command.generation];
    rule(zygote != Zygote::Down && zygote != Zygote::Killed, "a zygote is killed once");
    zygote = Zygote::Killed;
  }
  void ordered(const ForgetGeneration& command) {
    const Generation generation = command.generation;
    rule(zygotes_[generation] == Zygote::Down, "a generation with a zygote is not forgotten");
    rule(stopping_ || generation != live_, "the live generation is not forgotten");
    rule(std::none_of(workers_.begin(), workers_.end(),
                      [=](const auto& each) { return each.second.generation == generation; }),
         "a generation with workers is not forgotten");
    rule(forgotten_.insert(generation).second, "a generation is forgotten once");
  }
  void ordered(const GenerationLive& command) {
    const Generation generation = command.generation;
    std::size_t serving_it = 0;
    for (const auto& [pid, worker] : workers_) {
      serving_it += counts(worker) && worker.generation == generation ? 1U : 0U;
    }
    rule(serving_it == wanted_ || (generation == 1 && serving_it > 0),
         "a generation is live when it serves on all slots");
    rule(failed_.count(generation) == 0, "what failed does not become live");
    live_ = generation;
    was_live_.insert(generation);
  }
  void ordered(const GenerationFailed& command) {
    rule(command.generation != live_, "the live generation cannot fail");
    rule(!command.why.empty(), "a failure has a reason");
    failed_.insert(command.generation);
    close_deploy(command.generation);
    if (command.generation == 1 && live_ == 0) {
      rule(serving() == 0, "the first generation does not fail while somebody serves");
      stopping_ = quick_ = first_failed_ = true;
    }
  }
  void ordered(const ExitMaster& command) {
    rule(world_.living_workers() == 0 && world_.living_zygotes() == 0,
         "the master outlives its children");
    rule((command.code == 0) != first_failed_, "the exit code tells how the first boot went");
    exited_ = true;
  }
  void ordered(const WorkerLost& command) {
    rule(workers_.count(command.pid) == 0, "only a dead worker is lost");
  }
  void ordered(const WorkerRecycled& command) {
    rule(recycles_.has_asked(command.pid), "only who asked is recycled");
    rule(!command.why.empty(), "a recycle has a reason");
  }
  void ordered(const CloseDoors&) {
    rule(stopping_ && !quick_ && !doors_closed_, "the doors are closed once, for a graceful stop");
    doors_closed_ = true;
  }
  void ordered(const StopDelayed& command) {
    rule(stops_at_ && !stopping_, "only a stop that was asked for is delayed");
    rule(command.delay == policy_.drain_delay, "a stop is delayed by the drain delay");
  }
  void ordered(const ZygoteLost&) {}
  void ordered(const DrainTimedOut& command) { known(command.pid); }
  void ordered(const StartFallback&) { rule(false, "nobody offered a fallback"); }
  void ordered(const StartVerification& command) {
    rule(verifying_ == 0, "one generation is verified at a time");
    rule(zygotes_[command.generation] == Zygote::Ready, "what is verified can fork");
    verifying_ = command.generation;
  }
  void ordered(const CancelVerification& command) {
    rule(verifying_ == command.generation, "only a verification that runs is cancelled");
    verifying_ = 0;
  }
  void ordered(const StartWatch& command) {
    rule(watched_ == 0, "one deploy is watched at a time");
    rule(command.blue == live_, "a deploy is measured by the live generation");
    watched_ = command.green;
  }
  void ordered(const StopWatch& command) {
    rule(watched_ == command.green, "only a watch that runs is stopped");
    watched_ = 0;
  }
  void ordered(const DeployAdvanced& command) {
    rule(deploying_ == 0 || deploying_ == command.generation, "there are never two deploys");
    rule(deploying_ == 0 || stage_ < command.stage, "a deploy goes forward");
    if (deploying_ == 0 && was_live_.count(command.generation) == 1) {
      ++rollbacks_[command.generation];
    }
    if (deploying_ == 0) {
      swapped_.erase(command.generation);  // What it did in an earlier life.
    }
    deploying_ = command.generation;
    stage_ = command.stage;
  }
  void ordered(const SlotSwapped& command) { swapped_.insert(command.generation); }
  void ordered(const DeployEnded& command) {
    const Generation generation = command.generation;
    ++ends_[generation];
    rule(command.outcome == DeployOutcome::Live ? live_ == generation : live_ != generation,
         "a deploy that does not succeed leaves the live generation live");
    rule(command.outcome == DeployOutcome::Live || !command.why.empty(), "a failure has a reason");
    rule(command.outcome != DeployOutcome::Failed || swapped_.count(generation) == 0,
         "a deploy that failed has taken nobody's place");
    rule(command.outcome != DeployOutcome::RolledBack || serving_of_slots(generation) == 0,
         "what was rolled back serves on no slot");
    rule(command.outcome != DeployOutcome::Live || unverified_.count(generation) == 0,
         "what did not pass its verification does not become live");
    close_deploy(generation);
    rule(watched_ != generation && verifying_ != generation, "nothing is left of a deploy");
  }
  void close_deploy(Generation generation) {
    if (deploying_ == generation) {
      deploying_ = 0;
      stage_ = DeployStage::Booting;
    }
  }
  [[nodiscard]] std::size_t serving_of_slots(Generation generation) const {
    return static_cast<std::size_t>(
        std::count_if(workers_.begin(), workers_.end(), [generation](const auto& each) {
          return each.second.generation == generation && counts(each.second);
        }));
  }

  const Policy& policy_;
  const SimulatedWorld& world_;
  unsigned wanted_;
  Generation live_ = 0;
  std::optional<TimePoint> stops_at_;  // Asked for, with a delay.
  bool stopping_ = false;
  bool doors_closed_ = false;
  bool quick_ = false;
  bool first_failed_ = false;
  bool exited_ = false;
  std::map<Generation, Zygote> zygotes_;
  std::map<Pid, Known> workers_;
  std::set<std::pair<Slot, Generation>> forks_;
  std::set<Pid> reaped_, early_ready_, failed_start_;
  std::set<Generation> requested_, failed_, retired_, was_live_, forgotten_;
  std::set<Generation> verified_, unverified_, swapped_;
  std::map<Generation, DeployPlan> plans_;
  std::map<Generation, int> rollbacks_, ends_;
  Generation deploying_ = 0;  // What is past its boot and has no outcome yet; 0: nothing.
  Generation verifying_ = 0;
  Generation watched_ = 0;
  DeployStage stage_ = DeployStage::Booting;
  std::set<Slot> drained_slots_;
  std::map<std::pair<Pid, TimePoint>, TimePoint> overdue_;  // Which hang was told when.
  TimePoint overdue_since_{};
  RecycleBook recycles_;
  Pid named_ = 0;  // Forked in this step: nobody has counted on it yet.
  std::size_t lost_by_itself_ = 0;
  std::string complaint_;
};

}  // namespace appserver::supervision::test
