#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <utility>
#include <variant>
#include <vector>

#include "supervision/commands.h"
#include "supervision/events.h"

// Zygotes and workers that obey commands after random delays, or do not; that crash, fail, hang and
// leave as they like, and whose messages overtake each other where real ones can. Once it is
// `calm`, all that are started behave.
namespace appserver::supervision::test {

using namespace std::chrono_literals;

enum class Character {
  Good,
  LoadFails,
  LoadCrashes,
  LoadHangs,
  FailsToStart,
  HangsAtStart,
  CrashesSoon,
  CannotFork
};

class SimulatedWorld {
 public:
  explicit SimulatedWorld(std::uint32_t seed) : random_(seed) {
    random_.discard(20);  // The first draws of neighbouring seeds are alike.
  }

  TimePoint now = TimePoint{} + 1h;
  bool calm = false;

  void set_character(Generation generation, Character character) {
    characters_[generation] = character;
  }
  void execute(const Command& command) {
    std::visit([this](const auto& each) { obey(each); }, command);
  }
  // When the next thing happens by itself.
  [[nodiscard]] std::optional<TimePoint> next() const {
    return news_.empty() ? std::nullopt : std::optional<TimePoint>(news_.begin()->first);
  }
  // Lets it happen. Returns: the event, or nullopt if it did not come to that.
  // Requires: next() has a value and now is not before it.
  std::optional<Event> happen() {
    const Event event = std::move(news_.begin()->second);
    news_.erase(news_.begin());
    return has_come_true(event) ? std::optional<Event>(event) : std::nullopt;
  }

  void kill_zygote(Generation generation, ExitReason reason = {ExitReason::Kind::Signalled, 9}) {
    Zygote& zygote = zygotes_[generation];
    if (!zygote.alive) {
      return;
    }
    zygote.alive = false;
    zygote.exits_at = std::max(zygote.answered_until, now + ms(0, 10));
    news_.emplace(zygote.exits_at, ZygoteExited{generation, reason});
  }
  void kill_worker(Pid pid, Duration after, ExitReason reason) {
    news_.emplace(now + after, WorkerExited{pid, reason});
  }

  [[nodiscard]] std::size_t living_workers() const { return workers_.size(); }
  [[nodiscard]] unsigned living_zygotes() const {
    unsigned count = 0;
    for (const auto& [generation, zygote] : zygotes_) {
      count += zygote.exists ? 1 : 0;
    }
    return count;
  }
  [[nodiscard]] Pid some_worker() {
    return workers_.empty() ? 0 : std::next(workers_.begin(), any(workers_.size()))->first;
  }
  [[nodiscard]] Generation some_generation() {
    return std::next(zygotes_.begin(), any(zygotes_.size()))->first;
  }

  // A whole number in [0, limit).
  [[nodiscard]] int any(std::size_t limit) { return static_cast<int>(random_() % limit); }
  // True in `percent` of a hundred cases; never once the world is calm.
  [[nodiscard]] bool mischief(int percent) { return any(100) < percent && !calm; }

 private:
  struct Zygote {
    bool exists = false;  // Until its exit was reported.
    bool alive = false;
    bool ready = false;
    bool hangs = false;
    TimePoint answered_until{};
    TimePoint exits_at{};
  };

  [[nodiscard]] Duration ms(int from, int to) {
    return std::chrono::milliseconds(from + any(static_cast<std::size_t>(to - from + 1)));
  }
  [[nodiscard]] Character character(Generation generation) {
    return calm ? Character::Good : characters_[generation];
  }
  void say(Duration after, const Event& event) { news_.emplace(now + after, event); }
  // A zygote's messages keep their order.
  void answer(Zygote& zygote, const Event& event) {
    zygote.answered_until = std::max(zygote.answered_until, now + ms(1, 20));
    news_.emplace(zygote.answered_until, event);
  }

  // --- Commands ----------------------------------------------------------------------------
  void obey(const BootZygote& command) {
    const Generation generation = command.generation;
    zygotes_[generation] = Zygote{};
    zygotes_[generation].exists = zygotes_[generation].alive = true;
    const Character nature = character(generation);
    if (nature == Character::LoadFails) {
      say(ms(1, 500), ZygoteFailed{generation, BootFault::AppFailedToLoad, "it is broken"});
    } else if (nature == Character::LoadCrashes || mischief(2)) {
      kill_zygote(generation, {ExitReason::Kind::Signalled, 11});
    } else if (nature != Character::LoadHangs) {
      say(ms(1, 500), ZygoteReady{generation});
    }
  }

  void obey(const ForkWorker& command) {
    Zygote& zygote = zygotes_[command.generation];
    if (!zygote.alive) {
      if (zygote.exits_at > now && any(2) == 0) {
        say(0ms, WorkerForkFailed{command.slot, command.generation, "it is gone"});
      }
      return;
    }
    zygote.hangs = zygote.hangs || mischief(1);
    if (zygote.hangs) {
      return;
    }
    if (character(command.generation) == Character::CannotFork || mischief(1)) {
      answer(zygote, WorkerForkFailed{command.slot, command.generation, "EAGAIN"});
      return;
    }
    const Pid pid = next_pid_++;
    workers_.emplace(pid, command.generation);
    answer(zygote, WorkerForked{command.slot, command.generation, pid});
    live_a_life(pid, character(command.generation));
  }

  void live_a_life(Pid pid, Character nature) {
    const Duration start = ms(0, 300);
    if (mischief(2) || (nature == Character::FailsToStart && any(2) == 0)) {
      if (any(2) == 0) {
        say(start, WorkerFailedToBoot{pid, BootFault::WorkerFailedToBoot, "no database"});
      }
      if (!mischief(20)) {
        kill_worker(pid, start + ms(0, 5), {ExitReason::Kind::Exited, 1});
      }
    } else if (!mischief(1) && (nature != Character::HangsAtStart || any(3) != 0)) {
      say(start, WorkerReady{pid});
      if (any(4) == 0) {
        say(start + ms(0, 3000), RecycleRequested{pid, "1000 requests served"});
      }
      if (mischief(5)) {
        hang(pid, start);
      } else if (mischief(5) || (nature == Character::CrashesSoon && any(3) != 0)) {
        kill_worker(pid, start + ms(0, 1500), {ExitReason::Kind::Signalled, 11});
      }
    }
  }

  // A handler that is reported again and again until the worker is gone.
  void hang(Pid pid, Duration start) {
    const Duration begin = start + ms(0, 1500);
    for (int report = 0; report < 8; ++report) {
      say(begin + report * 2000ms, HandlerOverdue{pid, now + begin});
    }
  }

  void obey(const TimeOutWorker& command) {
    if (!mischief(30)) {
      kill_worker(command.pid, ms(0, 50), {ExitReason::Kind::Signalled, 6});
    }
  }
  void obey(const DrainWorker& command) {
    if (!mischief(15)) {
      kill_worker(command.pid, ms(0, 2000), {ExitReason::Kind::Exited, 0});
    }
  }
  void obey(const StopWorker& command) {
    if (!mischief(20)) {
      kill_worker(command.pid, ms(0, 300), {ExitReason::Kind::Exited, 0});
    }
  }
  void obey(const KillWorker& command) {
    kill_worker(command.pid, ms(0, 5), {ExitReason::Kind::Signalled, 9});
  }
  void obey(const RetireZygote& command) {
    Zygote& zygote = zygotes_[command.generation];
    if (zygote.ready && !zygote.hangs && !mischief(20)) {
      kill_zygote(command.generation, {ExitReason::Kind::Exited, 0});
    }
  }
  void obey(const KillZygote& command) { kill_zygote(command.generation); }
  void obey(const StartVerification& command) {
    if (!mischief(10)) {
      const bool passed = !mischief(30);
      say(ms(0, calm ? 200 : 300),
          VerificationEnded{command.generation, passed, passed ? "" : "not as wished"});
    }
  }
  // Figures go on for a while after nobody wants them any more, as messages on their way do.
  void obey(const StartWatch& command) {
    for (int sample = 0; sample < 5; ++sample) {
      WatchFigures figures;
      figures.green = {500, mischief(10) ? 100U : 0U, 5ms};
      figures.blue_before = {5000, 0, 5ms};
      say(sample * 200ms, FiguresTaken{command.green, figures});
    }
  }
  template <typename Other>
  void obey(const Other&) {}

  // --- Events ------------------------------------------------------------------------------
  [[nodiscard]] bool has_come_true(const Event& event) {
    if (const auto* exited = std::get_if<WorkerExited>(&event)) {
      return workers_.erase(exited->pid) == 1;
    }
    if (const auto* wish = std::get_if<RecycleRequested>(&event)) {
      return workers_.count(wish->pid) == 1;
    }
    if (const auto* gone = std::get_if<ZygoteExited>(&event)) {
      zygotes_[gone->generation].exists = false;
    } else if (const auto* ready = std::get_if<ZygoteReady>(&event)) {
      return zygotes_[ready->generation].ready = zygotes_[ready->generation].alive;
    } else if (const auto* failed = std::get_if<ZygoteFailed>(&event)) {
      const bool said = zygotes_[failed->generation].alive;
      if (!mischief(20)) {
        kill_zygote(failed->generation, {ExitReason::Kind::Exited, 1});
      }
      return said;
    }
    return true;
  }

  std::minstd_rand random_;
  std::multimap<TimePoint, Event> news_;
  std::map<Generation, Character> characters_;
  std::map<Generation, Zygote> zygotes_;
  std::map<Pid, Generation> workers_;
  Pid next_pid_ = 1000;
};

}  // namespace appserver::supervision::test
