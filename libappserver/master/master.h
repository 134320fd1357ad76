#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/snapshot.h"
#include "config/options.h"
#include "ipc/scoreboard.h"
#include "master/children.h"
#include "observe/log.h"
#include "observe/log_files.h"

// The master: binds nothing itself and runs no app code; supervises, decides, and never exits
// because of somebody else's error.
namespace appserver::master {

// What the master is given. References outlive run().
struct MasterSetup {
  // The first release: its snapshot is taken, so that a file that is no app never got this far.
  Release release;
  // What workers need from the master: its listening sockets, and the queue of connections on the
  // move.
  std::vector<int> inherited_fds;
  ipc::Scoreboard& scoreboard;
  observe::Log& log;
  observe::LogFiles& log_files;
  // The zygote's main; see Children.
  std::function<int(ZygoteBirth)> zygote;
  // Reads the configuration once more, for SIGHUP.
  std::function<Result<config::Options>()> reread_options;
};

// How the server ended.
struct Farewell {
  int exit_code = 0;
  std::string complaint;  // Why, when the first generation failed; else empty.
};

// Runs the server until it is stopped. The calling process becomes the subreaper of its descendants
// and takes the default event loop. Requires: one thread, and children of nobody else.
[[nodiscard]] Farewell master(MasterSetup setup);

}  // namespace appserver::master
