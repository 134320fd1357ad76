#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/snapshot.h"
#include "base/bell.h"
#include "base/service_variables.h"
#include "config/options.h"
#include "ipc/handoff.h"
#include "ipc/scoreboard.h"
#include "master/admin_process.h"
#include "master/children.h"
#include "master/relay.h"
#include "master/release_store.h"
#include "master/upgrade_state.h"
#include "net/listeners.h"
#include "observe/log.h"
#include "observe/log_files.h"

// The master: holds the listening sockets and runs no app code; supervises, decides, and never
// exits because of somebody else's error.
namespace appserver::master {

// A master that goes on in the place of another one.
struct Succession {
  FamilyState family;
  // Called when everything is in place, before the first pass of the loop: see Takeover::settle().
  std::function<void()> settle;
  SharedState shared = {};
  std::string refusal = {};  // Why the program that was to take this one's place did not; or empty.
};

// How a program around the server steers it; see Bell.
enum Wish : unsigned { kStop = 1, kQuickStop = 2, kReload = 4 };

// What a master that runs within another program knows of that. References outlive run().
struct HostProgram {
  const Bell& bell;  // Rings with wishes.
  // Whether the signals that a master knows are for it; otherwise they are left alone.
  bool takes_signals = true;
  // Descriptors of the program that its descendants keep.
  std::vector<int> fds = {};
};

// What the master is given. References outlive run().
struct MasterSetup {
  // The first release, as generation 1: its snapshot is taken, so that a file that is no app never
  // got this far.
  Release release;
  // All that are open, and those of the first release among them.
  net::Listeners& listeners;
  // The queue of connections on the move, which workers inherit.
  const ipc::Handoff& handoff;
  // What a service manager said in the environment.
  const ServiceVariables& service;
  ipc::Scoreboard& scoreboard;
  observe::Log& log;
  observe::LogFiles& log_files;
  // The zygote's main; see Children.
  std::function<int(ZygoteBirth)> zygote;
  // Serves when the first release cannot; see --fallback-release.
  std::optional<Release> fallback;
  // Null: no releases are kept.
  ReleaseStore* store;
  // What it is called, and the main of its admin process.
  std::string name;
  std::function<int(AdminBirth)> admin;
  // Names the calling process, as ps shows it.
  std::function<void(const std::string&)> set_title;
  // Reads the configuration once more, for SIGHUP.
  std::function<Result<config::Options>()> reread_options;
  // For SIGUSR2: how this program was started, and what it shares with its children.
  const Program& program;
  std::function<SharedState()> shared_state;
  // If there is one, it has the releases, and `release` is not used.
  std::optional<Succession> succession = {};
  const HostProgram* host_program = nullptr;  // Null: the server is the program.
};

// How the server ended.
struct Farewell {
  int exit_code = 0;
  std::string complaint;  // Why, when the first generation failed; else empty.
};

// Runs the server until it is stopped. The calling process becomes the subreaper of its descendants
// and takes the default event loop. Requires: one thread, and children of nobody else.
[[nodiscard]] Farewell master(MasterSetup setup);

// Makes the master with a succession as master() would, and leaves it at that: whatever could go
// wrong has gone wrong when this returns. Does nothing to the processes. [probe]
void rehearse(MasterSetup setup);

}  // namespace appserver::master
