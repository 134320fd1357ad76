#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "supervision/supervisor.h"
#include "supervision/wording.h"

// Drives a Supervisor by hand and tells its commands as short text, so that an example reads
// "this happened, then these orders were given":
//
//   CHECK(rehearsal.on(ZygoteReady{1}) == "fork 0/1; fork 1/1");
//
// The pid of the first worker of slot S of generation G is 100 * G + S.
namespace appserver::supervision::test {

using namespace std::chrono_literals;

inline ExitReason status(int code) {
  return {ExitReason::Kind::Exited, code};
}
inline ExitReason signal(int number) {
  return {ExitReason::Kind::Signalled, number};
}

struct Telling {
  static std::string text(unsigned number) { return std::to_string(number); }
  static std::string text(Pid pid) { return std::to_string(pid); }
  static std::string wait(std::chrono::milliseconds delay) {
    return delay.count() == 0 ? "" : " wait " + std::to_string(delay.count());
  }

  std::string operator()(const BootZygote& c) const { return "boot " + text(c.generation); }
  std::string operator()(const ForkWorker& c) const {
    return "fork " + text(c.slot) + "/" + text(c.generation);
  }
  std::string operator()(const DrainWorker& c) const { return "drain " + text(c.pid); }
  std::string operator()(const StopWorker& c) const { return "stop " + text(c.pid); }
  std::string operator()(const TimeOutWorker& c) const { return "time out " + text(c.pid); }
  std::string operator()(const KillWorker& c) const { return "kill " + text(c.pid); }
  std::string operator()(const RetireZygote& c) const { return "retire " + text(c.generation); }
  std::string operator()(const KillZygote& c) const { return "kill zygote " + text(c.generation); }
  std::string operator()(const ForgetGeneration& c) const { return "forget " + text(c.generation); }
  std::string operator()(const ExitMaster& c) const { return "exit " + text(c.code); }
  std::string operator()(const GenerationLive& c) const { return "live " + text(c.generation); }
  std::string operator()(const GenerationFailed& c) const { return "failed " + text(c.generation); }
  std::string operator()(const WorkerLost& c) const {
    return "lost " + text(c.pid) + wait(c.delay) + (c.crash_loop ? " loop" : "");
  }
  std::string operator()(const ZygoteLost& c) const {
    return "zygote lost " + text(c.generation) + wait(c.delay);
  }
  std::string operator()(const CloseDoors&) const { return "close doors"; }
  std::string operator()(const StopDelayed& c) const { return "stop in" + wait(c.delay); }
  std::string operator()(const WorkerRecycled& c) const { return "recycled " + text(c.pid); }
  std::string operator()(const DrainTimedOut& c) const { return "drain timed out " + text(c.pid); }
  std::string operator()(const StartVerification& c) const {
    return "verify " + text(c.generation);
  }
  std::string operator()(const CancelVerification& c) const {
    return "cancel verification " + text(c.generation);
  }
  std::string operator()(const StartWatch& c) const {
    return "watch " + text(c.green) + "/" + text(c.blue);
  }
  std::string operator()(const StopWatch& c) const { return "stop watch " + text(c.green); }
  std::string operator()(const StartFallback& c) const {
    return "fall back to " + text(c.generation);
  }
  // News for the one who deploys; see Rehearsal::progress().
  std::string operator()(const DeployAdvanced&) const { return ""; }
  std::string operator()(const SlotSwapped&) const { return ""; }
  std::string operator()(const DeployEnded&) const { return ""; }
};

inline std::string tell(const std::vector<Command>& commands) {
  std::string story;
  for (const Command& command : commands) {
    const std::string sentence = std::visit(Telling{}, command);
    story += (story.empty() || sentence.empty() ? "" : "; ") + sentence;
  }
  return story;
}

// The news for the one who deploys, in words.
struct DeployTelling {
  template <typename Other>
  std::string operator()(const Other&) const {
    return "";
  }
  std::string operator()(const DeployAdvanced& c) const {
    return Telling::text(c.generation) + " " + std::string(name_of(c.stage));
  }
  std::string operator()(const SlotSwapped& c) const {
    return "slot " + Telling::text(c.slot) + " on " + Telling::text(c.generation);
  }
  std::string operator()(const DeployEnded& c) const {
    return Telling::text(c.generation) + " " + std::string(name_of(c.outcome)) +
           (c.why.empty() ? "" : ": " + c.why);
  }
};

inline std::string tell_progress(const std::vector<Command>& commands) {
  std::string story;
  for (const Command& command : commands) {
    const std::string sentence = std::visit(DeployTelling{}, command);
    story += (story.empty() || sentence.empty() ? "" : "; ") + sentence;
  }
  return story;
}

class Rehearsal {
 public:
  // Without jitter, so that examples can name delays.
  static Policy policy(unsigned workers, unsigned batch = 1) {
    Policy policy;
    policy.workers = workers;
    policy.reload_batch = batch;
    policy.restart.jitter_percent = 0;
    return policy;
  }

  explicit Rehearsal(const Policy& limits) : supervisor(limits, 1) {}

  std::string start() { return tell(last = supervisor.start(now)); }
  std::string on(const Event& event) { return tell(last = supervisor.handle(event, now)); }

  // Lets time pass; on the way, TimePassed is sent whenever it is due.
  std::string pass(Duration duration) {
    const TimePoint end = now + duration;
    std::vector<Command> all;
    for (auto due = supervisor.next_deadline(); due && *due <= end;
         due = supervisor.next_deadline()) {
      now = std::max(now, *due);
      for (Command& command : supervisor.handle(TimePassed{}, now)) {
        all.push_back(std::move(command));
      }
    }
    now = end;
    return tell(last = std::move(all));
  }

  std::string forked(Slot slot, Generation generation, Pid pid = 0) {
    return on(WorkerForked{slot, generation, pid != 0 ? pid : usual_pid(slot, generation)});
  }
  // The worker is forked and gets ready at once.
  std::string serve(Slot slot, Generation generation, Pid pid = 0) {
    const Pid actual = pid != 0 ? pid : usual_pid(slot, generation);
    const std::string first = forked(slot, generation, actual);
    const std::string second = on(WorkerReady{actual});
    return first + (first.empty() || second.empty() ? "" : "; ") + second;
  }
  std::string exited(Pid pid, ExitReason reason = status(0)) {
    return on(WorkerExited{pid, reason});
  }

  // Generation 1 is live on all slots, and all workers have served for a while.
  void boot() {
    start();
    on(ZygoteReady{1});
    for (Slot slot = 0; slot < supervisor.desired().workers; ++slot) {
      serve(slot, 1);
    }
    pass(5s);
  }

  // The reason given by the last GenerationFailed among the latest commands; empty if there is
  // none.
  [[nodiscard]] std::string why() const {
    std::string reason;
    for (const Command& command : last) {
      if (const auto* failed = std::get_if<GenerationFailed>(&command)) {
        reason = failed->why;
      }
    }
    return reason;
  }

  // What the latest commands say of the deploy: "2 swapping", "slot 0 on 2", "2 rolled back: WHY".
  [[nodiscard]] std::string progress() const { return tell_progress(last); }

  // The pid that serves or starts on the slot; 0 if it is vacant.
  [[nodiscard]] Pid current(Slot slot) const {
    const Worker* const worker = supervisor.workers().current(slot);
    return worker == nullptr ? 0 : worker->pid.value_or(0);
  }
  [[nodiscard]] std::optional<Duration> time_left() const {
    const auto due = supervisor.next_deadline();
    return due ? std::optional<Duration>(*due - now) : std::nullopt;
  }

  static Pid usual_pid(Slot slot, Generation generation) {
    return static_cast<Pid>(100 * generation + slot);
  }

  Supervisor supervisor;
  TimePoint now = TimePoint{} + 1h;
  std::vector<Command> last;
};

}  // namespace appserver::supervision::test
