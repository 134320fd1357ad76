#pragma once

#include "base/result.h"
#include "config/options.h"

namespace appserver::config {

// Whether each member holds what its row of the option table allows. For options that were not read
// from text: those are checked on the way. [any] Pure.
// Errors: which one does not, by its name in ServerOptions, and what it may hold.
[[nodiscard]] Result<Ok> check_soundness(const Options& options);

}  // namespace appserver::config
