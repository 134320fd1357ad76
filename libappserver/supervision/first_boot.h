#pragma once

#include "base/clock.h"
#include "supervision/ledger.h"

// The verdict on the first generation. There is no older one to fall back to, so it is judged
// mildly: one worker that serves is better than no server. [master]
namespace appserver::supervision {

// Live: some worker serves and every slot had its first outcome; slots that failed are tried again
// with back-off. Failed: no worker serves and every slot failed at least once; then everything is
// stopped and the master exits with 4 if the app failed to load, 3 otherwise. If a fallback was
// offered, the same begins once more with that, as the next generation.
void judge_first_boot(Ledger& ledger, TimePoint now);

}  // namespace appserver::supervision
