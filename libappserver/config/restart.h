#pragma once

#include <string>
#include <vector>

#include "config/options.h"

namespace appserver::config {

// Of the options that a running server cannot follow (who it is, and where its logs go), those
// whose values differ, as a user writes them: "--pid". [any] Pure.
[[nodiscard]] std::vector<std::string> changed_for_restart(const Options& running,
                                                           const Options& wanted);

}  // namespace appserver::config
