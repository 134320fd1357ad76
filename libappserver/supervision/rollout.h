#pragma once

#include <string>

#include "base/clock.h"
#include "supervision/ledger.h"

// A rolling replacement: which generation the slots are to be on. Here are only its begin and its
// two ends; the swapping itself follows from the desired state (staffing.h). [master]
namespace appserver::supervision {

// A new release was numbered: roll it out. The newest wins: a roll-out in progress ends as
// superseded; slots it has already swapped keep serving and are swapped again, so that no worker is
// replaced twice for a release nobody wants any more. During the first boot it is queued, because
// the live generation has yet to prove itself; once a stop was asked for it is refused.
// A number that is not above all earlier ones changes nothing.
void request_rollout(Ledger& ledger, Generation generation);

// The first boot is over: begin what was asked for meanwhile.
void begin_queued_rollout(Ledger& ledger);

// The generation being rolled out is bad: the live one is wanted on all slots again, and stays as
// it was where it still is.
// Requires: a roll-out is in progress.
void abort_rollout(Ledger& ledger, const std::string& why);

// The server stops: neither the roll-out in progress nor a queued one will come to its end.
void cancel_rollouts(Ledger& ledger);

// If every slot is served by the new generation, it becomes the live one and the old one retires.
void conclude_rollout(Ledger& ledger);

}  // namespace appserver::supervision
