#include "base/after_fork.h"

#include <algorithm>
#include <array>
#include <unistd.h>

#include "base/signals.h"

namespace appserver {
namespace {

// Closes every descriptor from 3 up that is not in `kept`, range by range between the kept ones.
void close_all_but(std::span<const int> kept) noexcept {
  unsigned next = STDERR_FILENO + 1;
  while (true) {
    // The smallest kept descriptor from `next` on. Quadratic in a list of a few dozen entries, and
    // it needs neither a sort nor an allocation in the child.
    constexpr unsigned kNone = ~0U;
    unsigned stop = kNone;
    for (const int fd : kept) {
      if (fd >= 0 && static_cast<unsigned>(fd) >= next) {
        stop = std::min(stop, static_cast<unsigned>(fd));
      }
    }
    if (stop == kNone) {
      ::close_range(next, kNone, 0);
      return;
    }
    if (stop > next) {
      ::close_range(next, stop - 1, 0);
    }
    next = stop + 1;
  }
}

}  // namespace

void after_fork(const Inheritance& inheritance) noexcept {
  // 1. Before the child watches any signal itself: libev's signal table is process-wide.
  for (SignalWatcher* watcher : inheritance.signal_watchers) {
    watcher->stop();
  }
  // 2. The epoll set is shared with the parent: leave it alone, only close our descriptor of it.
  if (inheritance.loop != nullptr) {
    inheritance.loop->drop_in_child();
  }
  // 3. Ends of other children's channels would keep those alive after their peer died.
  if (inheritance.close_others) {
    close_all_but(inheritance.kept_fds);
  }
  // 4. Neither handlers nor ignored signals of the parent.
  reset_signal_dispositions();
  // 5. From here on the child is a process of its own.
  unblock_all_signals();
}

}  // namespace appserver
