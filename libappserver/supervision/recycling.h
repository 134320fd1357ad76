#pragma once

#include "base/clock.h"
#include "supervision/ledger.h"

// Recycling: a worker that has served long enough says so and goes on serving until another one of
// its generation stands in for it. [master]
//
// One at a time over the whole server, from the fork of the substitute until the old worker has
// left: the server never has more than one worker more than it is to have, and a request that comes
// from all workers at once costs no more memory than that from one. The others wait in the order in
// which they asked; one whose substitutes fail to start waits longer with each and lets others go
// first. While a roll-out or the stop is under way nothing begins, as both replace the worker
// anyway; what has begun is given up for a roll-out.
namespace appserver::supervision {

// The worker asks to be replaced. Asked again, or by one that does not serve any more, it changes
// nothing.
void recycle_requested(Ledger& ledger, const RecycleRequested& event, TimePoint now);

// Begins the next recycle if it is time for one. The substitute is the slot's successor, and takes
// over as in a roll-out.
void recycle_next(Ledger& ledger, TimePoint now);

// `displaced` has lost its place to a successor. If that was of its own generation, the recycle is
// told, and goes on until the worker's exit. To be called before it is dismissed.
void note_takeover(Ledger& ledger, Worker& displaced, Generation of_successor);

}  // namespace appserver::supervision
