#pragma once

#include "base/clock.h"
#include "supervision/ledger.h"

// What the events of a worker's life mean, from its fork to its death. Events of an unknown pid
// change nothing, except that they are kept while the zygote's word on some fork is outstanding.
// [master]
namespace appserver::supervision {

void worker_forked(Ledger& ledger, const WorkerForked& event, TimePoint now);
void worker_fork_failed(Ledger& ledger, const WorkerForkFailed& event, TimePoint now);
void worker_ready(Ledger& ledger, const WorkerReady& event, TimePoint now);
void worker_failed_to_boot(Ledger& ledger, const WorkerFailedToBoot& event, TimePoint now);
// The worker is told to end once for each handler; one that does not is killed.
void handler_overdue(Ledger& ledger, const HandlerOverdue& event, TimePoint now);
void worker_exited(Ledger& ledger, const WorkerExited& event, TimePoint now);

// Acts on the deadlines that have passed: of boots, of forks, of the ladder.
void pass_worker_deadlines(Ledger& ledger, TimePoint now);

}  // namespace appserver::supervision
