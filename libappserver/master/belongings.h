#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "base/service_variables.h"
#include "ipc/handoff.h"
#include "ipc/scoreboard.h"
#include "master/pid_file.h"
#include "master/upgrade_state.h"
#include "net/listeners.h"
#include "observe/log_files.h"

namespace appserver::master {

// What a server has besides its processes: the master owns it, its descendants inherit most of it,
// and an upgrade in place passes it on. [master]
struct Belongings {
  observe::LogFiles log_files;
  ServiceVariables service;
  net::Listeners listeners;
  ipc::Scoreboard scoreboard;
  ipc::Handoff handoff;
  std::optional<PidFile> pid_file;
};

// A listening socket, opened for the text `bind`; and back.
[[nodiscard]] ListenerState state_of(const std::string& bind, const net::Listener& listener);
[[nodiscard]] net::Listener adopt(const ListenerState& listener);

[[nodiscard]] SharedState state_of(const Belongings& belongings);

// Takes over what the state names, which read_state() has checked; the descriptors are owned from
// now on. The pid file is not among it: see PidFile::adopt().
// Errors: the scoreboard cannot be mapped; nothing is owned then.
[[nodiscard]] Result<Belongings> adopt(const SharedState& state);

}  // namespace appserver::master
