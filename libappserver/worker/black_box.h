#pragma once

#include <signal.h>

#include "ipc/crash_record.h"

namespace appserver::worker {

// Writes down what a worker was doing when it crashed or was ended. It runs inside the signal
// handler: async-signal-safe (signal-safety(7)), and no step needs the one after it, since the
// process is damaged and any of them may crash.
//
// Two steps, because the second one is the dangerous one: it follows pointers on a stack that may
// be what is broken. The clients come in between. [worker]

// The signal, as sigaction(2) gave it to its handler. `in_handler`: it hit the app's handler.
void record_signal(ipc::CrashRecord& record, ipc::EndKind kind, const siginfo_t& signal,
                   bool in_handler) noexcept;

// The stack of the code that the signal interrupted, from there outwards, as far as it can be
// followed. `context` is the third argument of the handler, and is as before when this returns.
void record_stack(ipc::CrashRecord& record, void* context) noexcept;

}  // namespace appserver::worker
