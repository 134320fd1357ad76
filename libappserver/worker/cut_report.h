#pragma once

#include "observe/log.h"
#include "worker/connections.h"

namespace appserver::worker {

// The worker was told to stop while clients were waiting: writes to the log which exchanges are cut
// by that (a line for each of the first hundred: where it was, and for how long it had been under
// way) and how many connections. Nothing when there are no connections. [worker] Before it ends.
void report_cut(const Connections& connections, observe::Log& log);

}  // namespace appserver::worker
