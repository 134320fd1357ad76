#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "base/clock.h"
#include "supervision/deploy_plan.h"
#include "supervision/watch_verdict.h"

// What happens to the master, as data. Events are past tense. The shell turns signals, child exits,
// messages and timers into these; the pure core never learns of anything else.
namespace appserver::supervision {

// Plain numbers, so that the pure core needs no system header. A pid is mortal: it names a worker
// only between WorkerForked and WorkerExited.
using Pid = int;
using Slot = unsigned;
using Generation = unsigned;

// How a process ended.
struct ExitReason {
  enum class Kind { Exited, Signalled };
  Kind kind = Kind::Exited;
  int code = 0;  // The exit status or the signal's number.
};

// Why a generation could not be brought to life; decides the exit code when it was the first one.
enum class BootFault {
  AppFailedToLoad,     // exit code 4
  WorkerFailedToBoot,  // exit code 3; also: boot timeout, zygote died
};

// The zygote has loaded the app (or, with --lazy, is ready to fork).
struct ZygoteReady {
  Generation generation;
};
// The zygote said why it cannot load the app; it exits by itself.
struct ZygoteFailed {
  Generation generation;
  BootFault fault;
  std::string why;
};
// The zygote's process ended, expected or not.
struct ZygoteExited {
  Generation generation;
  ExitReason reason;
};

// A worker exists, as asked for by ForkWorker.
struct WorkerForked {
  Slot slot;
  Generation generation;
  Pid pid;
};
// ForkWorker could not be done (EAGAIN, the zygote died meanwhile, ...).
struct WorkerForkFailed {
  Slot slot;
  Generation generation;
  std::string why;
};
// The worker accepts connections.
struct WorkerReady {
  Pid pid;
};
// The worker said why it cannot start; its exit follows.
struct WorkerFailedToBoot {
  Pid pid;
  BootFault fault;
  std::string why;
};
struct WorkerExited {
  Pid pid;
  ExitReason reason;
};

// The handler that a worker runs since `since` is over its deadline. Reported again and again for
// as long as that is true.
struct HandlerOverdue {
  Pid pid;
  TimePoint since;
};
// The worker has served long enough (requests, age, memory) and asks to be replaced; it goes on
// serving.
struct RecycleRequested {
  Pid pid;
  std::string why;  // "1000 requests served"
};

// A new release was snapshot and numbered; roll it out by this plan, or as a plain reload.
struct ReloadRequested {
  Generation generation;
  DeployPlan plan = {};
};
// The generation before the live one is wanted back, or the deploy that is under way is to end.
struct RollbackRequested {};
// The answer to StartVerification.
struct VerificationEnded {
  Generation generation;
  bool passed;
  std::string why;  // A sentence, when it was not passed.
};
// What was seen since StartWatch, of this generation and of the live one.
struct FiguresTaken {
  Generation generation;
  WatchFigures figures;
};
// The wanted number of workers changed; kept within 1 and Policy::max_workers. Times and limits
// change by Supervisor::change_policy().
struct ScaleRequested {
  unsigned workers;
};
struct StopRequested {
  bool graceful;  // TERM; otherwise INT or QUIT: a quick stop.
};
// Time has passed: sent when Supervisor::next_deadline() is reached.
struct TimePassed {};

using Event = std::variant<ZygoteReady, ZygoteFailed, ZygoteExited, WorkerForked, WorkerForkFailed,
                           WorkerReady, WorkerFailedToBoot, WorkerExited, HandlerOverdue,
                           ReloadRequested, ScaleRequested, StopRequested, TimePassed,
                           RecycleRequested, RollbackRequested, VerificationEnded, FiguresTaken>;

}  // namespace appserver::supervision
