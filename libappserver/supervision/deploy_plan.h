#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "base/clock.h"

// The words of a deploy: what was asked for, how far it is, what was seen, how it ended. Plain
// values. [any]
namespace appserver::supervision {

// What a deploy does between the boot of its generation (green) and the end of the one before it
// (blue). Nothing of it: a plain reload.
struct DeployPlan {
  bool verify = false;     // Green has to pass the checks before it gets a client.
  unsigned canary = 0;     // So many slots are swapped and watched first; 0: none.
  Duration watch{};        // How long green's figures are judged after a swap; 0: they are not.
  bool supersede = true;   // It replaces a deploy that is under way; else it is refused then.
  bool at_once = false;    // All slots are swapped at the same time.
  bool keeps_blue = true;  // Blue may stay on standby. No, if green has other sockets.
  bool is_rollback = false;
};

// In their order. Canary stages are skipped without a canary, watches without a time for them.
enum class DeployStage {
  Booting,
  Verifying,
  Canary,
  WatchingCanary,
  Swapping,
  Watching,
};

enum class DeployOutcome {
  Live,        // The generation serves on all slots.
  Refused,     // It was not begun.
  Failed,      // It has served nobody, and blue is as it was.
  RolledBack,  // It has served, and blue serves on all slots again.
  Superseded,  // By a newer deploy.
  Cancelled,   // The server stops.
};

// "watching canary"; "rolled back"
[[nodiscard]] std::string_view name_of(DeployStage stage);
[[nodiscard]] std::string_view name_of(DeployOutcome outcome);

// What the workers of a generation did in some time.
struct Figures {
  std::uint64_t requests = 0;
  std::uint64_t errors = 0;  // Answered 5xx.
  Duration p99{};            // Of the handlers' times; nothing when there were no requests.
};

// When a watched generation is worse than the one before it.
struct WatchLimits {
  // Fewer requests than this say nothing about shares and times.
  std::uint64_t enough_requests = 100;
  // Crashes of green that do not count, as long as blue crashes less often in the same time.
  unsigned crashes = 0;
  // Green's share of 5xx answers may be so many in a thousand above blue's.
  unsigned error_permille = 10;
  // Of fewer errors nothing follows: each can be an accident.
  std::uint64_t few_errors = 3;
  // Green's p99 may be so many times blue's, in hundredths; 0: any.
  unsigned p99_percent = 200;
  // And it may be so much longer in any case: the clock it is measured by is that coarse.
  Duration p99_margin = std::chrono::milliseconds(20);
};

}  // namespace appserver::supervision
