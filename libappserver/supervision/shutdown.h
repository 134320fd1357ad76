#pragma once

#include "base/clock.h"
#include "supervision/ledger.h"

// The way down: from the first request until the last child is gone. [master]
namespace appserver::supervision {

// Gives up all slots, reloads and generations; workers and zygotes leave by their ladders. Nothing
// is forked or booted from now on.
//
// A graceful stop of a server that serves begins after the drain delay. Until then dead workers are
// replaced, the number of workers can be changed, and a reload that was under way goes on; new
// reloads are refused, as nobody would be served by them. Whoever asks again does not want to wait:
// each further request, however gentle, takes the next step, from the delay to the drain and from
// the drain to a quick stop.
// Requires: mode is not None.
void request_stop(Ledger& ledger, StopMode mode, TimePoint now);

// Begins the stop whose delay has passed.
void pass_drain_delay(Ledger& ledger, TimePoint now);

// If the server stops and no child is left: ExitMaster, the last command ever.
void conclude_shutdown(Ledger& ledger);

}  // namespace appserver::supervision
