#pragma once

#include <string>

#include "base/clock.h"
#include "supervision/events.h"
#include "supervision/worker_table.h"

// The sentences that explain a failure to people. They end up in the log and in the answer of the
// command that failed. [any]
namespace appserver::supervision {

// "exited with status 1", "was ended by signal 11"
[[nodiscard]] std::string describe(const ExitReason& reason);
// "worker 3 (pid 4711)"
[[nodiscard]] std::string describe(const Worker& worker);
// "60 s", "1500 ms"
[[nodiscard]] std::string describe(Duration duration);

}  // namespace appserver::supervision
