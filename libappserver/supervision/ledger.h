#pragma once

#include <cstdint>
#include <optional>
#include <string>
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

// The deploy that is under way: how far it is and what was seen. Its generation is
// Desired::rollout.
struct Deploy {
  Generation generation = 0;
  DeployPlan plan = {};
  DeployStage stage = DeployStage::Booting;
  std::optional<TimePoint> deadline = {};  // Of the verification, or the end of the watch.
  bool has_served = false;
  WatchCrashes crashes = {};

  // Whether it may have clients.
  [[nodiscard]] bool is_open() const { return stage >= DeployStage::Canary; }
  // Whether the slot is to be its own. A plain reload wants all from the start, although its zygote
  // cannot fork yet: slots that a superseded one had swapped wait for it.
  [[nodiscard]] bool wants(Slot slot) const {
    return stage >= DeployStage::Swapping || (is_open() && slot < plan.canary) ||
           (stage == DeployStage::Booting && !plan.verify && plan.canary == 0);
  }
};

// A deploy that failed and whose slots are being swapped back. That goes on while another one boots
// and is verified: what was found to be bad serves no longer than it must.
struct Undoing {
  Generation generation = 0;
  std::string why;
};

// The generation that was live before: without workers, with a zygote that can fork them.
struct Standby {
  Generation generation = 0;
  TimePoint until{};
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
  // Is its zygote to stay?
  [[nodiscard]] bool keeps(Generation generation) const {
    return wants(generation) || (standby && standby->generation == generation);
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
  std::optional<Deploy> deploy;
  DeployPlan queued_plan;  // Of Desired::queued.

  // What is.
  std::optional<Undoing> undoing;
  std::optional<Standby> standby;
  WorkerTable workers;
  GenerationTable generations;
  EarlyNews early;
  Generation newest = 1;  // The highest number ever used.
  bool finished = false;  // ExitMaster was issued.
  // There is a release that can serve when the first one cannot.
  bool has_fallback = false;

  RestartPolicy restarts;

  // The outcome of the step at hand.
  std::vector<Command> commands;
  std::optional<TimePoint> wake_up;
};

}  // namespace appserver::supervision
