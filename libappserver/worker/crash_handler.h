#pragma once

#include "ipc/handoff.h"
#include "worker/connections.h"

namespace appserver::worker {

// What a worker does when it crashes (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, which
// std::terminate and glibc's heap checks raise): it answers the client whose request was at fault,
// hands all others over to another worker, and dies by the same signal, so that core dumps work.
// [worker]
//
// The one place of the server where code runs inside a signal handler. It must therefore be
// async-signal-safe by construction (signal-safety(7)): it reads memory that was laid out before,
// makes system calls, and neither allocates nor locks; the allocator may be what is broken. It runs
// on a stack of its own, because a stack overflow is a crash as well. If it crashes itself, or
// takes longer than its guard, the kernel ends the process.
class CrashHandler {
 public:
  // Installs the handlers. Both outlive this object. One at a time in a process.
  CrashHandler(const Connections& connections, const ipc::Handoff& handoff);
  CrashHandler(const CrashHandler&) = delete;
  CrashHandler& operator=(const CrashHandler&) = delete;
  // The worker is about to leave in peace: back to the default actions.
  ~CrashHandler();
};

}  // namespace appserver::worker
