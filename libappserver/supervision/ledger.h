#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "supervision/commands.h"
#include "supervision/early_news.h"
#include "supervision/generation_table.h"
#include "supervision/policy.h"
#include "supervision/restart_policy.h"
#include "supervision/worker_table.h"

namespace appserver::supervision {

enum class StopMode { None, Graceful, Quick };

// What shall be. Changed by requests and verdicts only, never by what processes do.
struct Desired {
  unsigned workers = 1;
  // The generation that serves. Until `first_boot` is over it has yet to prove itself.
  Generation live = 1;
  bool first_boot = true;
  // The generation being rolled out over the live one.
  std::optional<Generation> rollout;
  // A reload asked for during the first boot; begins when that is over.
  std::optional<Generation> queued;
  StopMode stop = StopMode::None;
  // A stop was asked for and begins then; until then everything goes on.
  std::optional<TimePoint> stop_at;
  int exit_code = 0;
};

// All the supervisor knows and wants, as plain data. The functions of this room take it, apply an
// event or approach the desired state, and append commands; they share nothing else.
// [master] Owned by Supervisor; single-threaded.
struct Ledger {
  Ledger(const Policy& limits, std::uint32_t seed) : policy(limits), restarts(seed) {}

  // Is this generation to have a zygote, and may workers be forked from it?
  [[nodiscard]] bool wants(Generation generation) const {
    return desired.stop == StopMode::None &&
           (generation == desired.live || generation == desired.rollout);
  }
  // Was a stop asked for, be it under way or delayed? Nothing that takes its time begins then.
  [[nodiscard]] bool is_stop_requested() const {
    return desired.stop != StopMode::None || desired.stop_at.has_value();
  }
  void command(Command command) { commands.push_back(std::move(command)); }
  // Something has to wait for this moment: it becomes part of the next deadline.
  void wait_until(TimePoint moment) {
    if (!wake_up || moment < *wake_up) {
      wake_up = moment;
    }
  }

  Policy policy;
  Desired desired;

  // What is.
  WorkerTable workers;
  GenerationTable generations;
  EarlyNews early;
  Generation newest = 1;  // The highest number ever used.
  bool finished = false;  // ExitMaster was issued.

  RestartPolicy restarts;

  // The outcome of the step at hand.
  std::vector<Command> commands;
  std::optional<TimePoint> wake_up;
};

}  // namespace appserver::supervision
