#pragma once

#include <map>
#include <optional>

#include "base/clock.h"
#include "supervision/events.h"
#include "supervision/restart_policy.h"
#include "supervision/worker_table.h"

namespace appserver::supervision {

// Booting -> Verifying -> Live -> Standby -> Retired, or Failed; from Standby it can become Live
// again. A Failed, Retired or Standby generation may still have workers: they serve until they are
// replaced or have drained.
enum class GenerationState { Booting, Verifying, Live, Standby, Retired, Failed };

// Down -> Booting -> Ready -> Leaving -> Down. Leaving: it was retired or killed, or it said that
// it failed; its exit is awaited. A zygote of a wanted generation that is Down is booted again.
enum class ZygoteState { Down, Booting, Ready, Leaving };

struct Zygote {
  ZygoteState state = ZygoteState::Down;
  std::optional<TimePoint> deadline;  // Of the boot, or of KillZygote.
  std::optional<TimePoint> ready_at;  // Of this life; empty when it was never ready.
  RestartHistory restarts;
};

struct GenerationEntry {
  Generation generation = 0;
  GenerationState state = GenerationState::Booting;
  Zygote zygote;
  // The latest reason why it could not be started, or why one of its workers could not.
  BootFailure last_failure;
};

// The generations of which something is left or wanted, oldest first.
// [master] Plain data; single-threaded. References stay valid until that generation is forgotten.
class GenerationTable {
 public:
  GenerationEntry& add(Generation generation);
  void forget(Generation generation) { entries_.erase(generation); }
  // Returns: nullptr when it is unknown.
  [[nodiscard]] GenerationEntry* find(Generation generation);
  [[nodiscard]] const GenerationEntry* find(Generation generation) const;
  [[nodiscard]] bool can_fork(Generation generation) const;
  [[nodiscard]] std::map<Generation, GenerationEntry>& entries() { return entries_; }
  [[nodiscard]] const std::map<Generation, GenerationEntry>& entries() const { return entries_; }

 private:
  std::map<Generation, GenerationEntry> entries_;
};

}  // namespace appserver::supervision
