#pragma once

#include "config/ctl_request.h"

namespace appserver::ctl {

// Exit codes of `appserverd ctl`.
inline constexpr int kReached = 0;
inline constexpr int kNotReached = 1;
inline constexpr int kRolledBack = 2;
inline constexpr int kUnreachable = 3;

// Does what is asked: makes the call, writes what the server says to standard output and complaints
// to standard error, and waits until the effect is reached. Returns: the exit code.
[[nodiscard]] int run(const config::CtlRequest& request);

}  // namespace appserver::ctl
