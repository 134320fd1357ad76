#include "worker/standby.h"

#include <signal.h>
#include <system_error>
#include <utility>

#include "base/signals.h"

namespace appserver::worker {

Standby::Standby(Baton& baton, std::function<void()> hold) noexcept
    : baton_(baton), hold_(std::move(hold)) {
  // Signals are the first thread's: the new one is born deaf.
  const SignalsBlocked blocked;
  try {
    thread_ = std::thread(&Standby::run, this);
  } catch (const std::system_error&) {
    // EAGAIN: a limit of processes (RLIMIT_NPROC, a cgroup's pids.max).
  }
}

Standby::~Standby() {
  baton_.end();
  if (thread_.joinable()) {
    thread_.join();
  }
}

void Standby::run() {
  // A crash on this thread is a crash like any other; blocked, it would end the process unseen.
  unblock_signals({SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT});
  while (baton_.take_from_slow_handler()) {
    hold_();
    baton_.give_back();
  }
}

}  // namespace appserver::worker
