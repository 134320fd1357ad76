#pragma once

#include <signal.h>

namespace appserver::ipc {

// What the master sends to a worker whose handler is over its deadline: "answer 504 and die". A
// real-time signal, so that it means nothing else to an app; which one is known at run time only
// (signal(7)). A worker whose handler is done by then ignores it.
[[nodiscard]] inline int timeout_signal() noexcept {
  return SIGRTMIN + 3;
}

}  // namespace appserver::ipc
