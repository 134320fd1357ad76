#pragma once

#include <chrono>
#include <string>
#include <variant>

#include "base/clock.h"
#include "supervision/events.h"

// What the master must do next, as data. Commands are imperative. The shell executes each of them
// thinly and reports what came of it as an event.
namespace appserver::supervision {

// Start the process that loads this generation's release and forks its workers. Answered by
// ZygoteReady or ZygoteFailed, and at its end by ZygoteExited; if no process could be started, by
// ZygoteFailed and then ZygoteExited.
struct BootZygote {
  Generation generation;
};
// Ask the generation's zygote for a worker on this slot. Answered by WorkerForked or
// WorkerForkFailed.
struct ForkWorker {
  Slot slot;
  Generation generation;
};
// Ask a worker to finish its exchanges and leave.
struct DrainWorker {
  Pid pid;
};
// Ask a worker to leave now, without waiting for its exchanges.
struct StopWorker {
  Pid pid;
};
// A handler takes too long: have the worker answer 504, hand its other clients over, and die.
struct TimeOutWorker {
  Pid pid;
};
// SIGKILL: the last rung of the ladder.
struct KillWorker {
  Pid pid;
};
// No worker of the generation is wanted any more: let its zygote run on_release_retire and leave.
struct RetireZygote {
  Generation generation;
};
struct KillZygote {
  Generation generation;
};
// Nothing of this generation is left or will be started; its snapshot can be freed.
struct ForgetGeneration {
  Generation generation;
};
// The graceful stop begins: let no new connection into the queues of the listening sockets. Those
// that are in there are served by the workers, which are drained next.
struct CloseDoors {};
// Start a worker of this generation on a private socket, which nobody else knows, and run the
// checks against it. Answered by VerificationEnded.
struct StartVerification {
  Generation generation;
};
// Its outcome is not wanted any more: end what belongs to it. Not answered.
struct CancelVerification {
  Generation generation;
};
// Count from now on what the two generations do, and report it by FiguresTaken every now and then.
struct StartWatch {
  Generation green;
  Generation blue;
};
struct StopWatch {
  Generation green;
};
// The first generation could not be started: this one, which is booted next, is the release that
// was live when the server ended last.
struct StartFallback {
  Generation failed;
  Generation generation;
};
// All children are gone, or the first generation failed: leave with this code.
struct ExitMaster {
  int code;
};

// Things people want to read in the log; no effect on processes.
struct GenerationLive {
  Generation generation;
};
// A reload ended and the previous generation serves on.
struct GenerationFailed {
  Generation generation;
  std::string why;
};
// A deploy has come to another stage.
struct DeployAdvanced {
  Generation generation;
  DeployStage stage;
};
// A worker took over a slot from one of another generation.
struct SlotSwapped {
  Slot slot;
  Generation generation;
  Pid pid;
};
// Once for each ReloadRequested and RollbackRequested that had an effect, when that is reached.
struct DeployEnded {
  Generation generation;
  DeployOutcome outcome;
  std::string why;  // Empty when it is live.
};
// A worker ended that nobody had asked to; `delay` passes before the slot is filled again.
struct WorkerLost {
  Slot slot;
  Generation generation;
  Pid pid;
  ExitReason reason;
  std::chrono::milliseconds delay;
  bool crash_loop;
  std::string why;  // One sentence for people, which says more than the reason when more is known.
};
// The stop begins after this time; until then everything goes on, and readiness fails.
struct StopDelayed {
  std::chrono::milliseconds delay;
};
// A substitute has taken the place of a worker that had asked for it; the worker is drained next.
struct WorkerRecycled {
  Slot slot;
  Generation generation;
  Pid pid;
  std::string why;
};
// The zygote of the live generation ended; its workers serve on. `delay` passes before it is booted
// again, and until then none of them can be replaced.
struct ZygoteLost {
  Generation generation;
  ExitReason reason;
  std::string why;
  std::chrono::milliseconds delay;
};
// A draining worker outlived the graceful timeout and is being stopped or killed.
struct DrainTimedOut {
  Slot slot;
  Pid pid;
};

using Command =
    std::variant<BootZygote, ForkWorker, DrainWorker, StopWorker, TimeOutWorker, KillWorker,
                 RetireZygote, KillZygote, ForgetGeneration, ExitMaster, GenerationLive,
                 GenerationFailed, WorkerLost, ZygoteLost, DrainTimedOut, WorkerRecycled,
                 CloseDoors, StopDelayed, StartVerification, CancelVerification, StartWatch,
                 StopWatch, DeployAdvanced, SlotSwapped, DeployEnded, StartFallback>;

}  // namespace appserver::supervision
