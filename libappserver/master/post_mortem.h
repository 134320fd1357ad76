#pragma once

#include "app/mounted_app.h"
#include "ipc/messages.h"
#include "master/children.h"
#include "observe/crash_report.h"

namespace appserver::master {

// A death that left a record, as a report with a stack of bare addresses, and what a zygote has to
// be asked to give them names. Files of the release have the names that people know them by.
// [master] Requires: `death.crash`.
struct UnnamedReport {
  observe::CrashReport report;
  ipc::NameFrames raw;
};
[[nodiscard]] UnnamedReport post_mortem(const WorkerDeath& death,
                                        const std::vector<app::MountedSnapshot>& apps);
// The same of a worker that lives, and does not come back to its event loop.
[[nodiscard]] UnnamedReport report_of(const WorkerHold& hold,
                                      const std::vector<app::MountedSnapshot>& apps);

}  // namespace appserver::master
