#pragma once

#include <string>

#include "base/clock.h"
#include "supervision/ledger.h"

// A deploy: the way of a new generation (green) from its boot to all slots, or back. Every reload
// is one. [master]
//
//   Booting -> Verifying -> Canary -> WatchingCanary -> Swapping -> Watching -> live
//
// Until the last step blue, the generation before it, is the live one and its zygote is kept: so
// the way back from any stage is the same, the slots that were swapped are swapped again, all at
// once, and one that was not does not notice. The swapping itself follows from the desired state
// (staffing.h).
namespace appserver::supervision {

// Begins a deploy of a generation that was numbered. During another one it is refused, or that one
// ends as superseded; slots it has already swapped keep serving and are swapped again, so that no
// worker is replaced twice for a release nobody wants any more. During the first boot it is queued,
// because the live generation has yet to prove itself; while stopping it is refused. A number that
// is not above all earlier ones changes nothing.
void request_deploy(Ledger& ledger, Generation generation, const DeployPlan& plan);

// Puts the generation before the live one back, from its zygote on standby; during a deploy, ends
// that one. Without either, or while it is being done already, nothing happens.
void request_rollback(Ledger& ledger);

// The first boot is over: begin what was asked for meanwhile.
void begin_queued_deploy(Ledger& ledger);

void verification_ended(Ledger& ledger, const VerificationEnded& event);
// Judges them.
void figures_taken(Ledger& ledger, const FiguresTaken& event);

// A worker of this generation takes clients from now on.
void note_service(Ledger& ledger, Generation generation);
// A worker of this generation died of itself. Judges it.
void note_crash(Ledger& ledger, Generation generation);

// The generation being rolled out is bad: the live one is wanted on all slots again, and stays as
// it was where it still is.
// Requires: a deploy is in progress.
void abort_deploy(Ledger& ledger, const std::string& why,
                  DeployOutcome outcome = DeployOutcome::Failed);

// The server stops: neither the deploy in progress nor a queued one will come to its end.
void cancel_deploys(Ledger& ledger);

// Goes on to the stages that can begin now. At the end of the last one the new generation becomes
// the live one, and the old one goes on standby or retires.
void advance_deploy(Ledger& ledger, TimePoint now);

// If the slots that a failed deploy had swapped are all back, that is told.
void conclude_undoing(Ledger& ledger);

// The time of the generation on standby is over.
void pass_standby_deadline(Ledger& ledger, TimePoint now);

}  // namespace appserver::supervision
