#pragma once

#include <stdexcept>

#include <appserver/abi.h>
#include <appserver/abi_loop.h>
#include <appserver/clock.hpp>
#include <appserver/detail/host.hpp>
#include <appserver/log.hpp>

namespace appserver {

// Which worker a hook runs in. Valid during the hook. [worker]
class Worker {
 public:
  Worker(const appserver_worker_info& identity, detail::Host host) noexcept
      : identity_(identity), host_(host) {}

  // 0 … workers-1; a worker that is restarted keeps it.
  [[nodiscard]] unsigned slot() const noexcept { return identity_.slot; }
  // Counts reloads, from 1.
  [[nodiscard]] unsigned generation() const noexcept { return identity_.generation; }
  [[nodiscard]] Log log() const noexcept { return Log(host_); }
  [[nodiscard]] Clock clock() const noexcept { return Clock(host_); }

  // The worker's event loop, of libev 4, for clients that are made for it (hiredis, libpq, c-ares):
  // put their watchers on it in on_worker_start, and stop them in on_worker_stop.
  //
  // From then on this worker is one thread: callbacks and handlers run on it one after the other,
  // and while one of them runs nothing else does. So none of them may block: the worker's other
  // clients would wait, which no standby thread can help here. One that holds the loop for long is
  // told in the log. Give blocking work to run_blocking(), with --threads. Never call ev_run() or
  // ev_break() on it; throw nothing out of a callback.
  // Errors: throws std::runtime_error where it was not asked for in on_worker_start, and on servers
  // before ABI 1.2.
  [[nodiscard]] struct ev_loop* loop() const {
    const auto* extension = host_.extension<appserver_loop>(APPSERVER_LOOP_EXTENSION);
    struct ev_loop* const loop = extension == nullptr ? nullptr : extension->open(host_.table());
    if (loop == nullptr) {
      throw std::runtime_error("the worker's loop has to be asked for in on_worker_start");
    }
    return loop;
  }

 private:
  appserver_worker_info identity_;
  detail::Host host_;
};

}  // namespace appserver
