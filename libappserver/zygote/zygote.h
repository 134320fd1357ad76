#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <appserver/detail/app_maker.hpp>

#include "app/host_services.h"
#include "app/mounted_app.h"
#include "base/process_title.h"
#include "base/unique_fd.h"
#include "config/options.h"
#include "ipc/channel.h"
#include "observe/log.h"
#include "observe/log_files.h"

// The zygote: loads a release once and forks its workers.
namespace appserver::zygote {

// A worker that has just been forked, before it is one. References live as long as the process.
struct WorkerBirth {
  std::uint32_t slot;
  std::uint32_t generation;
  std::uint32_t score;  // Its entry on the scoreboard.
  ipc::Channel master;
  std::span<const app::MountedApp> apps;
  // Open in one that is only to be checked: its only listening socket.
  UniqueFd own_listener;
};

// What a zygote is born with. References outlive the process's work.
struct ZygoteSetup {
  std::uint32_t generation;
  const config::Options& options;
  const std::vector<app::MountedSnapshot>& apps;
  ipc::Channel master;
  observe::Log& log;
  observe::LogFiles& log_files;
  std::string server_version;
  app::HostServices::ExchangeCalls exchange_calls;
  app::HostServices::ExtensionLookup extensions;
  // The worker's main; returns its exit status. The process roles do not know each other: the
  // composition root puts the one into the other.
  std::function<int(WorkerBirth)> worker;
  ProcessTitle& title;
  // What makes the app if it is linked into the program: then its snapshot is of none.
  detail::AppMaker linked_app = {};
};

// Loads the release, tells the master, and forks a worker whenever it asks, until it is retired or
// the master is gone. [after-fork] Drops privileges before it runs any code of the app. Returns:
// the process's exit status; 0 when it left as asked, 4 when the app could not be loaded.
[[nodiscard]] int zygote(ZygoteSetup setup);

}  // namespace appserver::zygote
