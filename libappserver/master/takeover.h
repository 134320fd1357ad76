#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "master/fallback.h"
#include "master/relay.h"
#include "master/upgrade_state.h"
#include "observe/log.h"

namespace appserver::master {

// The new program's side of an upgrade in place: upgrade.h has the old one's. [master]
//
// 1. A Takeover is made before anything else: from now on a crash puts the old program back.
// 2. The state is read and checked, and everything in it taken over.
// 3. settle(), when the master is ready to go on.
class Takeover {
 public:
  // Reads the state that the order names. Changes nothing.
  // Errors: as read_state(); a descriptor that is not open; a scoreboard of another size; a process
  // that is no child of this one.
  [[nodiscard]] static Result<UpgradeState> read(const UpgradeOrder& order);

  // `arguments` are those of this program, which are those of the old one.
  Takeover(const UpgradeOrder& order, std::vector<std::string> arguments);

  // The take-over cannot be done. Does not return when there is an old program to put back.
  // Returns: what to tell people before this process ends.
  [[nodiscard]] std::string fail(const std::string& why) const;

  // Everything was taken over: nothing leads back any more. Marks the descriptors close-on-exec
  // again, lets the signals in that waited, and says in the log what has happened.
  // Requires: the master's signal watchers run.
  void settle(const UpgradeState& state, observe::Log& log);

 private:
  UpgradeOrder order_;
  std::unique_ptr<Fallback> fallback_;  // None in a program that was put back.
};

}  // namespace appserver::master
