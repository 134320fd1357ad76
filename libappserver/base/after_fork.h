#pragma once

#include <span>

#include "base/event_loop.h"

namespace appserver {

// What a child inherits and must get rid of, and what it may keep.
struct Inheritance {
  // The parent's signal watchers, running on `loop`.
  std::span<SignalWatcher* const> signal_watchers;
  // The parent's loop, or null when the parent had none.
  EventLoop* loop = nullptr;
  // Close every descriptor above standard error but these; an empty list with close_others = false
  // keeps all (a worker keeps what its app opened in the zygote).
  bool close_others = false;
  std::span<const int> kept_fds;
};

// The first thing that runs in every child this project forks, in this order, with all signals
// still blocked; nothing else runs between fork() and here.
void after_fork(const Inheritance& inheritance) noexcept;

}  // namespace appserver
