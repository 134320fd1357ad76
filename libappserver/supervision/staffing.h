#pragma once

#include "base/clock.h"
#include "supervision/ledger.h"

// Which worker a slot is to have, and the forks and dismissals that bring that about. [master]
namespace appserver::supervision {

// Brings the number of slots to `workers`, within the policy's bounds: new ones are vacant, the
// highest ones are given up and their workers dismissed. Nothing happens while the server stops.
void scale(Ledger& ledger, unsigned workers, TimePoint now);

// Asks for a worker in this place, unless its zygote cannot fork at the moment or the place has to
// wait after earlier failures: then it is to be called again in the next step.
// Requires: the place is free.
void fork_when_possible(Ledger& ledger, Slot slot, Generation generation, Place place,
                        TimePoint now);

// Gives up all slots.
void close_all_slots(Ledger& ledger, TimePoint now);

// Approaches the desired state of every slot. Replacement first: a worker of another generation
// than wanted gets a successor, at most `reload_batch` at a time, and stays until that is ready.
// A vacant slot is filled from its home generation even while its successor is starting: a
// fork of a proven generation serves within milliseconds.
void staff_slots(Ledger& ledger, TimePoint now);

}  // namespace appserver::supervision
