#pragma once

#include <optional>
#include <vector>

#include "base/result.h"
#include "supervision/ledger.h"

// What one master leaves to the one that takes its place in the same process: the ledger as a plain
// value that can be written down. [master] Pure.
//
// Times stay valid, as the monotonic clock goes on. The policy is made from the options again, and
// jitter has no memory worth keeping.
namespace appserver::supervision {

struct LedgerCopy {
  Desired desired;
  std::vector<SlotEntry> slots;  // By number.
  std::vector<Worker> workers;   // Oldest first.
  WorkerId next_worker = 1;
  std::vector<GenerationEntry> generations;
  Generation newest = 1;
  std::optional<Standby> standby;
};

// Whether the ledger can be copied now: nothing is under way that somebody waits for. That is no
// first boot, no deploy or what is to be undone of one, no stop that was asked for, and no fork
// whose answer is due (so that no early news is kept, either). Workers that start, drain or back
// off do not matter.
[[nodiscard]] bool is_at_rest(const Ledger& ledger);

// Requires: is_at_rest().
[[nodiscard]] LedgerCopy copy_of(const Ledger& ledger);

// Puts the copy into a fresh ledger.
// Errors: which of its numbers do not fit together; a copy comes from another program and must not
// be believed. The ledger is unchanged then.
[[nodiscard]] Result<Ok> restore(Ledger& ledger, const LedgerCopy& copy);

}  // namespace appserver::supervision
