#pragma once

#include <appserver/abi.h>
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

 private:
  appserver_worker_info identity_;
  detail::Host host_;
};

}  // namespace appserver
