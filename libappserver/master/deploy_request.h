#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "supervision/deploy_plan.h"
#include "supervision/events.h"

// What the master is asked for by whoever deploys, and what it tells on the way. Plain values.
// [master]
namespace appserver::master {

struct DeployRequest {
  std::string path;                     // Of the app's file.
  std::string mount = {};               // Whose app is meant; empty: the only one.
  std::optional<unsigned> canary = {};  // Not set, here and below: as the options have it.
  std::optional<Duration> watch = {};
  bool verify = true;      // If there are checks.
  bool force = false;      // Also when the file is that of the live release.
  bool supersede = false;  // In the place of a deploy that is under way.
  std::string who = {};    // For the records: "ctl, uid 1000".
};

// Something has happened on the way.
struct DeployProgress {
  supervision::Generation generation;
  std::string_view what;  // "verifying", "slot swapped"
  std::optional<supervision::Slot> slot;
};

// The end, told once.
struct DeployResult {
  supervision::DeployOutcome outcome;
  supervision::Generation generation = 0;  // 0: none was made.
  unsigned release = 0;                    // Its number in the store; 0: it is not kept.
  std::string why = {};                    // Empty when it is live.
  bool unchanged = false;                  // Live, and was before: nothing was done.
  Duration took{};
};

// A deploy, reload or rollback that has ended, or how far one is.
struct DeployRecord {
  supervision::Generation generation = 0;  // 0: none was made.
  unsigned release = 0;
  std::string path = {};
  std::string state = {};  // The outcome; or the stage.
  std::string why = {};
  std::string who = {};
  std::chrono::system_clock::time_point at = std::chrono::system_clock::now();  // Its begin.
  Duration took{};
};

// Who waits for a deploy. Each may be empty; they are called from the master's loop, and never
// after `ended`.
struct DeployFollower {
  std::function<void(const DeployProgress&)> progress;
  std::function<void(const DeployResult&)> ended;
};

}  // namespace appserver::master
