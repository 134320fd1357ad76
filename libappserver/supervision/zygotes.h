#pragma once

#include <string>

#include "base/clock.h"
#include "supervision/ledger.h"

// The life of the zygotes. The death of one disturbs no worker: its generation is only unable to
// fork until another zygote has loaded the same release. [master]
namespace appserver::supervision {

void zygote_ready(Ledger& ledger, const ZygoteReady& event, TimePoint now);
void zygote_failed(Ledger& ledger, const ZygoteFailed& event, TimePoint now);
// The forks it left unanswered have failed.
void zygote_exited(Ledger& ledger, const ZygoteExited& event, TimePoint now);

// A fork was not answered in time: the zygote hangs and is killed; forks go on when its generation
// has another one.
void fork_timed_out(Ledger& ledger, Generation generation);

// Acts on the deadlines that have passed.
void pass_zygote_deadlines(Ledger& ledger, TimePoint now);

// Boots the zygotes that are wanted and retires those no slot counts on any more.
void tend_zygotes(Ledger& ledger, TimePoint now);

// A quick stop: retired zygotes get no more than the kill grace from now on.
void hasten_zygotes(Ledger& ledger, TimePoint now);

// Frees the generations of which nothing is left and nothing will be started.
void forget_generations(Ledger& ledger);

}  // namespace appserver::supervision
