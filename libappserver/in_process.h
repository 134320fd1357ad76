#pragma once

#include <functional>
#include <string>
#include <vector>

#include <appserver/detail/app_maker.hpp>

#include "base/bell.h"
#include "config/options.h"
#include "observe/log.h"
#include "serve.h"

struct ev_loop;

// Puts one worker together with what it needs, on the calling thread of a program that is not its
// own: no master, no zygote, no fork.
namespace appserver {

// Serves until it is stopped by host.program.bell. `loop`: null for one of its own. Does not touch
// what belongs to the process. [any thread]
[[nodiscard]] ServeResult serve_in_process(const config::Options& options, const HostSide& host,
                                           struct ev_loop* loop);

}  // namespace appserver
