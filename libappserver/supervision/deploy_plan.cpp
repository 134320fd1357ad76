#include "supervision/deploy_plan.h"

#include <array>
#include <cstddef>

namespace appserver::supervision {

std::string_view name_of(DeployStage stage) {
  constexpr std::array<std::string_view, 6> kNames{"booting",         "verifying", "canary",
                                                   "watching canary", "swapping",  "watching"};
  return kNames[static_cast<std::size_t>(stage)];
}

std::string_view name_of(DeployOutcome outcome) {
  constexpr std::array<std::string_view, 6> kNames{"live",        "refused",    "failed",
                                                   "rolled back", "superseded", "cancelled"};
  return kNames[static_cast<std::size_t>(outcome)];
}

}  // namespace appserver::supervision
