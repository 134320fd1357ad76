#pragma once

#include "base/clock.h"
#include "supervision/ledger.h"

// The way down: from the first request until the last child is gone. [master]
namespace appserver::supervision {

// Gives up all slots, reloads and generations; workers and zygotes leave by their ladders. Nothing
// is forked or booted from now on. Asked again, however gently, it becomes a quick stop: whoever
// asks twice does not want to wait.
// Requires: mode is not None.
void request_stop(Ledger& ledger, StopMode mode, TimePoint now);

// If the server stops and no child is left: ExitMaster, the last command ever.
void conclude_shutdown(Ledger& ledger);

}  // namespace appserver::supervision
