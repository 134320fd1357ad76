// Random sequences of events against the invariants: the supervisor drives a simulated world while
// a referee watches. A broken rule is reported with its seed, step and the last steps before it.

#include <deque>
#include <optional>
#include <string>

#include <doctest/doctest.h>

#include "supervision/supervisor.h"
#include "unit/supervision/referee.h"
#include "unit/supervision/rehearsal.h"
#include "unit/supervision/simulated_world.h"

namespace appserver::supervision::test {
namespace {

struct Story {
  static std::string number(unsigned value) { return std::to_string(value); }
  std::string operator()(const ZygoteReady& e) const {
    return "zygote ready " + number(e.generation);
  }
  std::string operator()(const ZygoteFailed& e) const {
    return "zygote failed " + number(e.generation);
  }
  std::string operator()(const ZygoteExited& e) const {
    return "zygote exited " + number(e.generation);
  }
  std::string operator()(const WorkerForked& e) const {
    return "forked " + number(e.slot) + "/" + number(e.generation) + " " + std::to_string(e.pid);
  }
  std::string operator()(const WorkerForkFailed& e) const {
    return "fork failed " + number(e.slot) + "/" + number(e.generation);
  }
  std::string operator()(const WorkerReady& e) const { return "ready " + std::to_string(e.pid); }
  std::string operator()(const WorkerFailedToBoot& e) const {
    return "cannot start " + std::to_string(e.pid);
  }
  std::string operator()(const WorkerExited& e) const { return "exited " + std::to_string(e.pid); }
  std::string operator()(const HandlerOverdue& e) const {
    return "overdue " + std::to_string(e.pid);
  }
  std::string operator()(const ReloadRequested& e) const {
    return "reload " + number(e.generation);
  }
  std::string operator()(const RollbackRequested&) const { return "rollback"; }
  std::string operator()(const VerificationEnded& e) const {
    return "verified " + number(e.generation) + (e.passed ? "" : ": no");
  }
  std::string operator()(const FiguresTaken& e) const { return "figures " + number(e.generation); }
  std::string operator()(const ScaleRequested& e) const { return "scale " + number(e.workers); }
  std::string operator()(const StopRequested& e) const {
    return e.graceful ? "stop" : "stop quickly";
  }
  std::string operator()(const RecycleRequested& e) const {
    return "recycle " + std::to_string(e.pid);
  }
  std::string operator()(const TimePassed&) const { return "time passed"; }
};

// One life of a server: mischief, then peace, then the stop.
class Life {
 public:
  explicit Life(std::uint32_t seed, bool tells = false)
      : world_(seed),
        policy_(random_policy()),
        supervisor_(policy_, seed),
        referee_(policy_, world_),
        tells_(tells) {
    world_.set_character(1, world_.any(4) == 0 ? random_character() : Character::Good);
  }

  // Returns: the complaint of the referee; empty if all went well.
  std::string live() {
    follow(std::nullopt, supervisor_.start(world_.now));
    for (int i = 0; i < 500 && goes_on(); ++i) {
      if (world_.any(12) == 0) {
        disturb();
      } else {
        advance();
      }
      if (world_.any(8) == 0) {
        replace_supervisor();
      }
    }
    world_.calm = true;
    if (!referee_.is_stopping() && goes_on()) {
      deliver(ReloadRequested{++newest_, random_plan()});
      run_until_quiet();
      if (!referee_.is_stopping() && goes_on()) {
        referee_.judge_peace(newest_);
      }
    }
    if (goes_on() && !referee_.is_stopping()) {
      deliver(StopRequested{world_.any(2) == 0});
    }
    run_until_quiet();
    referee_.judge_end();
    deliver(StopRequested{false});
    deliver(ReloadRequested{++newest_});
    return referee_.complaint();
  }

  [[nodiscard]] unsigned recycled() const { return referee_.recycled(); }
  [[nodiscard]] int steps() const { return steps_; }
  [[nodiscard]] int replacements() const { return replacements_; }
  [[nodiscard]] std::string last_steps() const {
    std::string text;
    for (const std::string& line : told_) {
      text += line + "\n";
    }
    return text;
  }

 private:
  Policy random_policy() {
    Policy policy;
    policy.workers = 1 + static_cast<unsigned>(world_.any(5));
    policy.reload_batch = 1 + static_cast<unsigned>(world_.any(3));
    policy.boot_timeout = 5s;
    policy.graceful_timeout = 1500ms;
    policy.kill_grace = 500ms;
    policy.drain_delay = world_.any(2) == 0 ? 0ms : 1200ms;
    policy.verify_timeout = 250ms;
    policy.standby_timeout = world_.any(2) == 0 ? 0ms : 3000ms;
    return policy;
  }
  DeployPlan random_plan() {
    DeployPlan plan;
    if (world_.any(2) == 0) {
      plan.verify = world_.any(2) == 0;
      plan.canary = static_cast<unsigned>(world_.any(4));
      plan.watch = world_.any(2) == 0 ? 0ms : 1000ms;
      plan.keeps_blue = world_.any(4) != 0;
    }
    return plan;
  }
  Character random_character() { return static_cast<Character>(world_.any(8)); }
  [[nodiscard]] bool goes_on() const {
    return referee_.complaint().empty() && !referee_.has_exited();
  }

  void deliver(const Event& event) { follow(event, supervisor_.handle(event, world_.now)); }

  void follow(const std::optional<Event>& event, const std::vector<Command>& commands) {
    if (!referee_.complaint().empty()) {
      return;
    }
    ++steps_;
    tell_step(event, commands);
    referee_.judge(event, commands);
    for (const Command& command : commands) {
      world_.execute(command);
    }
    referee_.judge_deadline(supervisor_.next_deadline());
  }

  void tell_step(const std::optional<Event>& event, const std::vector<Command>& commands) {
    if (!tells_) {
      return;
    }
    const auto ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(world_.now.time_since_epoch() - 1h);
    told_.push_back(std::to_string(ms.count()) + " ms: " +
                    (event ? std::visit(Story{}, *event) : "start") + " -> " + tell(commands));
    if (told_.size() > 40) {
      told_.pop_front();
    }
  }

  // Time goes on to what happens next, in the world or by the supervisor's deadline.
  // Returns: false when nothing will happen any more.
  bool advance() {
    const auto happens = world_.next();
    const auto due = supervisor_.next_deadline();
    if (!happens && !due) {
      return false;
    }
    if (happens && (!due || *happens <= *due)) {
      world_.now = std::max(world_.now, *happens);
      if (const auto event = world_.happen()) {
        deliver(*event);
      }
    } else {
      world_.now = std::max(world_.now, *due);
      deliver(TimePassed{});
    }
    return true;
  }

  void run_until_quiet() {
    for (int i = 0; i < 3000 && goes_on() && advance(); ++i) {
    }
  }

  void disturb() {
    switch (world_.any(11)) {
      case 0:
      case 1:
      case 2:
        world_.set_character(++newest_, world_.any(2) == 0 ? random_character() : Character::Good);
        deploy();
        break;
      case 3:
      case 4:
        deliver(ScaleRequested{1 + static_cast<unsigned>(world_.any(5))});
        break;
      case 5:
        world_.kill_zygote(world_.some_generation());
        break;
      case 6:
        world_.kill_worker(world_.some_worker(), 0ms, {ExitReason::Kind::Signalled, 9});
        break;
      case 7:
        world_.kill_worker(world_.some_worker(), 0ms, {ExitReason::Kind::Exited, 0});
        break;
      case 8:
        disturb_by_strangers();
        break;
      case 9:
        deliver(RollbackRequested{});
        break;
      default:
        if (world_.any(10) == 0) {
          deliver(StopRequested{world_.any(3) != 0});
        }
    }
  }

  // Another master goes on in the place of this one.
  void replace_supervisor() {
    if (!supervisor_.is_at_rest() || !goes_on()) {
      return;
    }
    auto next = Supervisor::resume(policy_, static_cast<std::uint32_t>(world_.any(1000)),
                                   supervisor_.copy());
    REQUIRE(next.has_value());
    supervisor_ = std::move(*next);
    ++replacements_;
    deliver(TimePassed{});
  }

  void deploy() {
    DeployPlan plan = random_plan();
    plan.supersede = world_.any(3) != 0;
    deliver(ReloadRequested{newest_, plan});
  }

  void disturb_by_strangers() {
    constexpr Pid kStranger = 1'000'000;
    deliver(WorkerExited{kStranger, {}});
    deliver(WorkerReady{kStranger});
    deliver(WorkerFailedToBoot{kStranger, BootFault::AppFailedToLoad, "?"});
    deliver(ZygoteReady{newest_ + 1});
    deliver(ReloadRequested{1});
    deliver(VerificationEnded{newest_ + 1, true, ""});
    deliver(FiguresTaken{newest_ + 1, {{500, 500, 1s}, {}, {}}});
    deliver(TimePassed{});
  }

  SimulatedWorld world_;
  Policy policy_;
  Supervisor supervisor_;
  Referee referee_;
  bool tells_;
  Generation newest_ = 1;
  int steps_ = 0;
  int replacements_ = 0;
  std::deque<std::string> told_;
};

}  // namespace

TEST_CASE("Random sequences: no order of events breaks a rule") {
  constexpr std::uint32_t kLives = 1500;
  int steps = 0;
  unsigned recycled = 0;
  int replacements = 0;
  for (std::uint32_t seed = 1; seed <= kLives; ++seed) {
    Life life(seed);
    const std::string complaint = life.live();
    steps += life.steps();
    recycled += life.recycled();
    replacements += life.replacements();
    if (!complaint.empty()) {
      Life again(seed, true);
      again.live();
      FAIL("seed ", seed, ", step ", again.steps(), ": not so: ", complaint, "\n",
           again.last_steps());
    }
  }
  CHECK(recycled > 5'000);
  CHECK(steps > 200'000);  // Otherwise lives end early and prove little.
  CHECK(replacements > 10'000);
}

}  // namespace appserver::supervision::test
