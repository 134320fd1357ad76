#pragma once

#include <string>

#include "app/host_services.h"
#include "observe/log.h"

namespace appserver::observe {

// Where an app's messages go: to this log, which has to outlive the app. `mount`: written beside
// each, for one of several apps; empty for the only one. [any]
[[nodiscard]] app::HostServices::LogSink log_sink(Log& log, const std::string& mount = "");

}  // namespace appserver::observe
