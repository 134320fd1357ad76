#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "app/host_services.h"
#include "app/mounted_app.h"
#include "base/event_loop.h"
#include "config/options.h"
#include "ipc/channel.h"
#include "ipc/handoff.h"
#include "ipc/scoreboard.h"
#include "observe/log.h"
#include "observe/log_files.h"

// The worker: accept, parse, handle, respond, on a loop of its own.
namespace appserver::worker {

// What a worker is born with. References outlive the process's work.
//
// A guest is a worker on a thread of a program that is not its own: it takes no signal and no exit
// of the process for itself. So it cannot end a handler either: one that blocks it beyond its time
// is complained of and waited for, as are those on its threads when it leaves.
struct WorkerSetup {
  std::uint32_t slot;
  std::uint32_t generation;
  const config::Options& options;
  std::span<const int> listener_fds;
  ipc::Channel master;
  const ipc::Scoreboard& scoreboard;
  ipc::ScoreboardEntry& score;  // Its entry there.
  ipc::CrashRecord& crash_record;
  const ipc::Handoff& handoff;
  std::span<const app::MountedApp> apps;
  observe::Log& log;
  observe::LogFiles& log_files;
  EventLoop* guest_loop = nullptr;  // Of a guest: the loop that it uses.
  // Of a guest: nobody but the calling thread may run that loop.
  bool is_loop_bound_to_thread = false;
};

// Runs a worker until it has drained or is told to stop. [after-fork] Requires: privileges are
// dropped. Returns: the process's exit status; 0 when it left as asked, 1 when on_worker_start
// failed.
[[nodiscard]] int worker(WorkerSetup setup);

// The calls of the plugin ABI that only a worker can answer. The app keeps the host table it was
// loaded with, so these go into the zygote's.
[[nodiscard]] app::HostServices::ExchangeCalls exchange_calls() noexcept;

// The host extensions that a worker offers, by name: "appserver.stream/1", "appserver.deadline/1",
// "appserver.async/1", "appserver.mount/1". Null for any other name.
[[nodiscard]] const void* host_extension(std::string_view name) noexcept;

}  // namespace appserver::worker
