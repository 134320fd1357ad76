#pragma once

#include <functional>
#include <string>
#include <vector>

#include <appserver/detail/app_maker.hpp>

#include "base/exit_codes.h"
#include "base/process_title.h"
#include "base/result.h"
#include "config/options.h"
#include "master/master.h"
#include "master/relay.h"
#include "observe/log.h"

// The composition root: puts the process roles, which do not know each other, together. The only
// file of the library that sees all rooms.
namespace appserver {

// How a server ended, for the caller to exit with and to print.
struct ServeResult {
  int exit_code = kStoppedAsAsked;  // One of base/exit_codes.h.
  // One line for standard error; empty when there is none or it is there already.
  std::string complaint;
};

// What a program that has a server in it brings along.
struct HostSide {
  master::HostProgram program;
  detail::AppMaker app;     // Linked in; it is served when the options name no file.
  observe::Log::Taker log;  // Takes the log, in each process; empty: it goes where the options say.
  // Called when the sockets are open, with their addresses; may be empty.
  std::function<void(const std::vector<std::string>& addresses)> on_listening;
};

// How the program was started.
struct Start {
  // With the program's name in front: an upgrade in place starts the next program with them. Empty:
  // the server cannot be upgraded in place.
  std::vector<std::string> arguments;
  // Reads the options once more, from the same sources.
  std::function<Result<config::Options>()> reread_options;
  const HostSide* host = nullptr;  // Null: the program is the server. Outlives the call.
};

// Runs a server in the calling process, which becomes its master, until it is stopped.
// Requires: one thread; no children and no default libev loop of the caller's.
[[nodiscard]] ServeResult serve(const config::Options& options, ProcessTitle& title, Start start);

// The other way to become a master: the program before this one has executed it in its place, with
// this order and all that the server has. Runs it until it is stopped. If that cannot be, the other
// program is executed again and this function does not return.
[[nodiscard]] ServeResult take_over(const master::UpgradeOrder& order, ProcessTitle& title,
                                    Start start);

// Takes over as take_over() would, with copies of everything and without a master, to see whether
// it can be done. The exit code is 0 if so.
[[nodiscard]] ServeResult rehearse_takeover(const master::UpgradeOrder& order, ProcessTitle& title,
                                            Start start);

}  // namespace appserver
