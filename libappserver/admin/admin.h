#pragma once

#include <functional>
#include <span>

#include <appserver/detail/app_maker.hpp>

#include "admin/admin_app.h"
#include "config/options.h"
#include "ipc/channel.h"
#include "ipc/scoreboard.h"
#include "observe/log.h"

namespace appserver::admin {

// The process that looks at the server for others, and takes commands for the master: an app on the
// server's own engine, without privileges. References outlive it.
struct AdminSetup {
  // Of the server; the admin process has its user.
  const config::Options& server;
  ipc::Channel master;
  const ipc::Scoreboard& scoreboard;
  observe::Log& log;
  Masters masters;
  // The engine: runs this app with these options until it is told to stop.
  std::function<int(const config::Options& options, const detail::AppMaker& app)> serve;
};

// [admin] Right after the fork, with all privileges. Returns: the exit status.
[[nodiscard]] int admin(AdminSetup setup);

// The options of its engine: modest ones, and no trust in anybody. Pure.
[[nodiscard]] config::Options engine_options(const config::Options& server);

}  // namespace appserver::admin
