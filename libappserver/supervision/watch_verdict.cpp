#include "supervision/watch_verdict.h"

#include <algorithm>

#include "supervision/wording.h"

namespace appserver::supervision {
namespace {

// "12.5 %" for 125.
std::string percent(std::uint64_t permille) {
  return std::to_string(permille / 10) + "." + std::to_string(permille % 10) + " %";
}

std::uint64_t error_permille(const Figures& figures) {
  return figures.requests == 0 ? 0 : figures.errors * 1000 / figures.requests;
}

const Figures& measure_of(const WatchFigures& figures, const WatchLimits& limits) {
  return figures.blue.requests >= limits.enough_requests ||
                 figures.blue.requests >= figures.blue_before.requests
             ? figures.blue
             : figures.blue_before;
}

std::optional<std::string> find_errors(const Figures& green, const Figures& blue,
                                       const WatchLimits& limits) {
  if (green.errors < limits.few_errors ||
      error_permille(green) <= error_permille(blue) + limits.error_permille) {
    return std::nullopt;
  }
  return percent(error_permille(green)) + " of its " + std::to_string(green.requests) +
         " answers were 5xx, against " + percent(error_permille(blue)) + " of " +
         std::to_string(blue.requests) + " in the release before it; the limit is " +
         percent(limits.error_permille) + " more";
}

std::optional<std::string> find_slowness(const Figures& green, const Figures& blue,
                                         const WatchLimits& limits) {
  if (limits.p99_percent == 0 || blue.requests < limits.enough_requests) {
    return std::nullopt;
  }
  const Duration allowed =
      std::max(blue.p99 * limits.p99_percent / 100, blue.p99 + limits.p99_margin);
  if (green.p99 <= allowed) {
    return std::nullopt;
  }
  return "99 % of its requests took up to " + describe(green.p99) + ", against " +
         describe(blue.p99) + " in the release before it; the limit is " + describe(allowed);
}

}  // namespace

std::optional<std::string> find_fault(const WatchFigures& figures, const WatchLimits& limits) {
  if (figures.green.requests < limits.enough_requests) {
    return std::nullopt;
  }
  const Figures& blue = measure_of(figures, limits);
  if (auto errors = find_errors(figures.green, blue, limits)) {
    return errors;
  }
  return find_slowness(figures.green, blue, limits);
}

std::optional<std::string> find_fault(const WatchCrashes& crashes, const WatchLimits& limits) {
  if (crashes.green <= limits.crashes || crashes.green <= crashes.blue) {
    return std::nullopt;
  }
  return "its workers crashed " +
         (crashes.green == 1 ? std::string("once") : std::to_string(crashes.green) + " times") +
         " while it was watched; the limit is " + std::to_string(limits.crashes);
}

}  // namespace appserver::supervision
