#pragma once

#include "base/clock.h"
#include "supervision/ledger.h"

// The ladder by which workers leave: DrainWorker, after the graceful timeout StopWorker, after the
// kill grace KillWorker. Every worker that is replaced, scaled down or shut down goes this way, so
// the limits hold everywhere. [master]
namespace appserver::supervision {

// Takes the worker out of its slot and asks it to leave, as gently as the state of affairs allows:
// one that serves is drained (stopped in a quick stop), one that is still starting is stopped. Not
// killed: it may have begun to accept while its WorkerReady was on the way, and within the kill
// grace it can answer those clients. A fork not answered yet is only given up.
void dismiss(Ledger& ledger, Worker& worker, TimePoint now);

// Requires (all below): the worker has a pid.
void stop_worker(Ledger& ledger, Worker& worker, TimePoint now);
// The last rung: after it, nothing is left to do but wait for the exit.
void kill_worker(Ledger& ledger, Worker& worker);
// The deadline of a leaving worker has passed.
void climb_ladder(Ledger& ledger, Worker& worker, TimePoint now);

}  // namespace appserver::supervision
