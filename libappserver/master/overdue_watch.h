#pragma once

#include <functional>
#include <sys/types.h>

#include "base/clock.h"
#include "base/event_loop.h"
#include "ipc/scoreboard.h"

namespace appserver::master {

// Looks for handlers that are over their deadline.
//
// A worker's standby ends its worker by itself, to the millisecond. This is for those that have
// none, or whose standby hangs as well. Workers publish deadlines and tell nobody, as that would
// cost every request a system call; so the scoreboard is looked at when the next known deadline has
// passed, and once a second for those that are not known yet. [master]
class OverdueWatch {
 public:
  using Report = std::function<void(pid_t worker, TimePoint since)>;

  // `report` is called for each of them, again and again until it is over. All outlive the watch.
  OverdueWatch(EventLoop& loop, const ipc::Scoreboard& scoreboard, Report report);

  void start() { look_in(Duration::zero()); }

 private:
  void look() noexcept;
  void look_in(Duration time);

  const ipc::Scoreboard& scoreboard_;
  const Report report_;
  TimerWatcher timer_;
};

}  // namespace appserver::master
