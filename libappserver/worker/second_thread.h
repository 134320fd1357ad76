#pragma once

#include <functional>
#include <optional>

#include "base/clock.h"
#include "base/event_loop.h"
#include "ipc/channel.h"
#include "observe/log.h"
#include "worker/baton.h"
#include "worker/crash_handler.h"
#include "worker/standby.h"
#include "worker/watchdog.h"

namespace appserver::worker {

// The thread beside the one that runs the app: the standby, or, where the app has put watchers on
// the loop, which nobody else may run then, a watchdog. [worker]
class SecondThread {
 public:
  // All outlive it.
  struct Surroundings {
    EventLoop& loop;
    Baton& baton;
    const CrashHandler* crash_handler;  // Null in a guest: it has no stack to tell.
    ipc::Channel& master;
    observe::Log& log;
  };

  explicit SecondThread(const Surroundings& surroundings) : with_(surroundings) {}
  SecondThread(const SecondThread&) = delete;
  SecondThread& operator=(const SecondThread&) = delete;
  ~SecondThread() = default;

  // `hold`: what the standby does with the loop.
  void stand_by(std::function<void()> hold);
  // `limit`: how long the loop may be held before it is told; zero: any time.
  void watch(Duration limit);

 private:
  void tell_of_hold(Duration held);

  const Surroundings with_;
  std::optional<Standby> standby_;
  std::optional<Watchdog> watchdog_;
};

}  // namespace appserver::worker
