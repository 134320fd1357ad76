#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "supervision/commands.h"
#include "supervision/events.h"
#include "supervision/ledger.h"
#include "supervision/ledger_copy.h"
#include "supervision/policy.h"

namespace appserver::supervision {

// Decides everything about zygotes and workers: events and the time go in, commands come out. Makes
// no system call and reads no clock; the shell around it does what the commands say and reports
// what came of it.
//
// Each step applies the event to what is (WorkerTable, GenerationTable), acts on deadlines that
// have passed, and then approaches what shall be (Desired), so that the same few functions serve
// boots, crashes, reloads, their undoing, scaling and the stop:
//
//   verdict on the first boot -> stage of a deploy -> staffing of slots -> recycling -> zygotes ->
//   farewells
//
// What the shell owes it:
//  - Every ForkWorker is answered by one WorkerForked or WorkerForkFailed, or by ZygoteExited. What
//    a zygote had said before its end is reported before ZygoteExited, nothing afterwards.
//  - Every BootZygote ends with ZygoteExited, even if no process could be started (then after
//    ZygoteFailed).
//  - A pid in WorkerForked has been checked to be a child of the master: the zygote runs app code.
//  - WorkerExited once per reaped pid, in the order of reaping. After it, no command names that
//  pid.
//
// [master] Single-threaded. A plain value.
class Supervisor {
 public:
  // `seed`: of the jitter of restart delays; equal seeds and events give equal commands.
  Supervisor(const Policy& policy, std::uint32_t seed) : ledger_(policy, seed) {}

  // Goes on where another supervisor stopped; see ledger_copy.h. Send it TimePassed at once: that
  // does what was due meanwhile. Errors: the copy does not fit together.
  [[nodiscard]] static Result<Supervisor> resume(const Policy& policy, std::uint32_t seed,
                                                 const LedgerCopy& copy);
  [[nodiscard]] bool is_at_rest() const { return supervision::is_at_rest(ledger_); }
  // Requires: is_at_rest().
  [[nodiscard]] LedgerCopy copy() const { return copy_of(ledger_); }

  // If the first generation cannot be started, StartFallback is commanded instead of the end.
  // Requires: called before start().
  void offer_fallback() { ledger_.has_fallback = true; }

  // Begins with generation 1. Requires: called once, before anything else, unless resumed.
  [[nodiscard]] std::vector<Command> start(TimePoint now);

  // Returns: what has to be done now, in this order. After ExitMaster, always nothing.
  // Requires: `now` never decreases. Events that cannot be, of unknown pids, slots or generations,
  // change nothing.
  [[nodiscard]] std::vector<Command> handle(const Event& event, TimePoint now);

  // When TimePassed is due at the latest; nullopt: only an event can change anything. It is later
  // than the time of the last step, given that the policy's times are above zero.
  [[nodiscard]] std::optional<TimePoint> next_deadline() const;

  // Times, batch and limits as they are to be from now on; deadlines already running stay. The
  // number of workers changes by ScaleRequested only.
  void change_policy(const Policy& policy) { ledger_.policy = policy; }

  // --- Views, for status. References stay valid until the next non-const call. --------------
  [[nodiscard]] const Policy& policy() const { return ledger_.policy; }
  [[nodiscard]] const Desired& desired() const { return ledger_.desired; }
  [[nodiscard]] const WorkerTable& workers() const { return ledger_.workers; }
  [[nodiscard]] const GenerationTable& generations() const { return ledger_.generations; }
  [[nodiscard]] const std::optional<Deploy>& deploy() const { return ledger_.deploy; }
  // Whether a deploy is under way, waits for the first boot, or is being undone.
  [[nodiscard]] bool is_deploying() const {
    return ledger_.deploy || ledger_.undoing || ledger_.desired.queued;
  }
  [[nodiscard]] const std::optional<Standby>& standby() const { return ledger_.standby; }
  [[nodiscard]] bool is_stopping() const { return ledger_.desired.stop != StopMode::None; }
  // The same, or a stop was asked for and is delayed.
  [[nodiscard]] bool is_stop_requested() const { return ledger_.is_stop_requested(); }
  // Is the slot vacant, or its worker starting, after so many quick deaths that trying has become
  // slow? Requires: slot < workers().slot_count().
  [[nodiscard]] bool is_in_crash_loop(Slot slot) const;

 private:
  [[nodiscard]] std::vector<Command> settle(TimePoint now);

  Ledger ledger_;
};

}  // namespace appserver::supervision
