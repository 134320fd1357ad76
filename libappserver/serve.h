#pragma once

#include <functional>
#include <string>

#include "base/process_title.h"
#include "base/result.h"
#include "config/options.h"

// The composition root: puts the process roles, which do not know each other, together. The only
// file of the library that sees all rooms.
namespace appserver {

// How a server ended, for the caller to exit with and to print.
struct ServeResult {
  int exit_code =
      0;  // 0 stopped as asked; 1 configuration or bind error; 3 no worker booted; 4 bad app.
  std::string
      complaint;  // One line for standard error; empty when there is none or it is there already.
};

// Runs a server in the calling process, which becomes its master, until it is stopped.
// Requires: one thread; no children and no default libev loop of the caller's.
[[nodiscard]] ServeResult serve(const config::Options& options, ProcessTitle& title,
                                std::function<Result<config::Options>()> reread_options);

}  // namespace appserver
