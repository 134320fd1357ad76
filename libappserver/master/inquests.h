#pragma once

#include <functional>
#include <optional>
#include <string>
#include <sys/types.h>

#include "base/event_loop.h"
#include "config/options.h"
#include "ipc/barred_requests.h"
#include "master/children.h"
#include "master/chronicle.h"
#include "master/crash_desk.h"
#include "master/hook_runs.h"
#include "master/killer_watch.h"
#include "master/post_mortem.h"
#include "master/releases.h"
#include "observe/log.h"

namespace appserver::master {

// What follows from a worker's death besides a substitute: the report, the log, --on-crash, and
// the watch on requests that kill. [master]
class Inquests {
 public:
  // All outlive it. `options` are those of the moment: they may change.
  struct Surroundings {
    EventLoop& loop;
    observe::Log& log;
    Chronicle& chronicle;
    ipc::BarredRequests& barred;
    const config::Options& options;
    const Releases& releases;
    Children& children;
  };
  explicit Inquests(const Surroundings& surroundings);

  // A worker ended. Before the event is reported: its release may be forgotten then.
  void note_death(WorkerDeath death);
  // A worker's loop is held.
  void note_hold(const WorkerHold& hold);
  // All commands that follow from it were executed: so the zygote is asked about the stack after it
  // was asked for a substitute.
  void close_entry();

  // The options have changed.
  void change_options() { killers_.change_options(surroundings_.options); }
  // A child ended. Returns: whether it was one of --on-crash.
  bool child_exited(pid_t pid, int wait_status) { return hooks_.child_exited(pid, wait_status); }
  // Whether no report is being made: they would be lost with this program.
  [[nodiscard]] bool is_at_rest() const noexcept { return desk_.is_empty(); }
  // The server ends: what is known is told.
  void finish() { desk_.close(); }

  // The newest reports, the oldest first.
  [[nodiscard]] const std::deque<observe::CrashReport>& recent() const noexcept {
    return desk_.recent();
  }

 private:
  void publish(const observe::CrashReport& report);

  const Surroundings surroundings_;
  KillerWatch killers_;
  HookRuns hooks_;
  CrashDesk desk_;
  std::optional<UnnamedReport> unnamed_;  // Of the death that is being dealt with.
};

}  // namespace appserver::master
