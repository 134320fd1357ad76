#pragma once

#include <optional>
#include <string>

#include "supervision/deploy_plan.h"

// Is green worse than blue? A pure judgement on figures. [master]
namespace appserver::supervision {

struct WatchFigures {
  Figures green;
  Figures blue;         // In the same time.
  Figures blue_before;  // Before green had any client, for as long as it is known.
};

struct WatchCrashes {
  unsigned green = 0;
  unsigned blue = 0;  // In the same time.
};

// Returns: the reason why green has to go, as a sentence with the numbers; nothing when it is no
// worse or it cannot be told yet. Blue is judged by the same time when it had enough requests in
// it, else by all that is known of it: without a canary blue is gone when green has its traffic.
[[nodiscard]] std::optional<std::string> find_fault(const WatchFigures& figures,
                                                    const WatchLimits& limits);
[[nodiscard]] std::optional<std::string> find_fault(const WatchCrashes& crashes,
                                                    const WatchLimits& limits);

}  // namespace appserver::supervision
