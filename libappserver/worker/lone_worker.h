#pragma once

#include <cstdint>
#include <span>

#include "app/mounted_app.h"
#include "config/options.h"
#include "ipc/channel.h"
#include "observe/log.h"
#include "observe/log_files.h"

namespace appserver::worker {

// What a worker that stands alone is born with. References outlive the process's work.
struct LoneSetup {
  std::uint32_t slot;  // What the app is told.
  std::uint32_t generation;
  const config::Options& options;
  std::span<const int> listener_fds;
  // From whoever looks after it: Drain and Stop come here, its end has the worker drain.
  ipc::Channel master;
  std::span<const app::MountedApp> apps;
  observe::Log& log;
  observe::LogFiles& log_files;
};

// Runs a worker that belongs to no others: its scoreboard and its queue for connections on the move
// are its own, so nobody sees it, and nobody gets its connections. [after-fork]
// Requires and returns: as worker(); also 1, with WorkerFailed, when there is no memory for these.
[[nodiscard]] int lone_worker(LoneSetup setup);

}  // namespace appserver::worker
