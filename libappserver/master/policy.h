#pragma once

#include "config/options.h"
#include "supervision/policy.h"

namespace appserver::master {

// What the options mean for the supervisor. [master] Pure.
[[nodiscard]] supervision::Policy policy_of(const config::Options& options);

}  // namespace appserver::master
