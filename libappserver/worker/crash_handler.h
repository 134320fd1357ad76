#pragma once

#include "ipc/crash_record.h"
#include "ipc/handoff.h"
#include "ipc/scoreboard.h"
#include "worker/baton.h"
#include "worker/connections.h"

namespace appserver::worker {

// What a worker does when it ends in the middle of its work:
//
//  - it crashes (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, which std::terminate and glibc's heap
//    checks raise);
//  - a handler exceeded its deadline (ipc::timeout_signal(), from the master or from the standby);
//  - it has to leave at once while a handler blocks it (end_now).
//
// It answers the client whose request was at fault, hands all others over to another worker, and
// dies: by the same signal after a crash and by SIGABRT after a timeout, so that core dumps work.
// [worker]
//
// The one place of the server where code runs inside a signal handler. It must therefore be
// async-signal-safe by construction (signal-safety(7)): it reads memory that was laid out before,
// makes system calls, and neither allocates nor locks; the allocator may be what is broken. It runs
// on a stack of its own, because a stack overflow is a crash as well. Other threads are brought to
// a stop first, so that nobody changes or answers what it reads. If it crashes itself, or takes
// longer than its guard, the kernel ends the process. What it was is in the record by then: see
// worker/black_box.h.
class CrashHandler {
 public:
  // What there is to be saved. All outlive the handler.
  struct Scene {
    const Connections& connections;
    const ipc::Handoff& handoff;
    ipc::ScoreboardEntry& score;
    const AppGate& gate;
    Baton& baton;
    ipc::CrashRecord& record;
    const Serving& serving;
  };

  // Installs the handlers. [first thread] One at a time in a process.
  explicit CrashHandler(const Scene& scene);
  CrashHandler(const CrashHandler&) = delete;
  CrashHandler& operator=(const CrashHandler&) = delete;
  // The worker is about to leave in peace: back to the default actions.
  ~CrashHandler();

  // [standby] The handler that blocks the first thread is over its deadline, or the worker has to
  // leave: makes the first thread end the process, if a handler still runs there.
  void end_timed_out() const noexcept;
  void end_now() const noexcept;
  // [watchdog] Has the first thread write down where it is, and go on from there; a system call
  // that it waits in may be interrupted by that (EINTR). Returns: whether that came true in time.
  [[nodiscard]] bool note_stack() const noexcept;

 private:
  const Scene scene_;
};

}  // namespace appserver::worker
