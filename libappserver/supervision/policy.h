#pragma once

#include <chrono>

#include "base/clock.h"
#include "supervision/deploy_plan.h"

// The numbers the pure core decides by. Plain values, made by the master from the configuration.
namespace appserver::supervision {

// How eagerly something that died is started again.
struct RestartLimits {
  // Served this long before it died: an accident, not a broken start; the count begins anew.
  Duration stable_after = std::chrono::seconds(1);
  // A respawn must take milliseconds, so the first deaths in a row cost no delay. Two, because a
  // crash is often met twice: by the request and by the client's retry.
  unsigned free_restarts = 2;
  // Then short enough that nobody notices, doubling so that a broken app does not eat the machine.
  Duration first_delay = std::chrono::milliseconds(100);
  Duration longest_delay = std::chrono::seconds(5);
  // So many quick deaths in a row are no accident any more: a crash loop. Trying goes on, because
  // the cause may lie outside (a database that comes back), but slowly.
  unsigned crash_loop_after = 6;
  Duration crash_loop_delay = std::chrono::seconds(10);
  // Delays vary by this much either way, so that slots that died together do not start together.
  unsigned jitter_percent = 20;
};

struct Policy {
  unsigned workers = 1;
  // A bound on what a control client can ask for. One worker is the lower bound: a server without
  // workers serves nobody.
  unsigned max_workers = 1024;
  // Slots swapped at a time in a rolling replacement. One keeps the extra memory to one worker.
  unsigned reload_batch = 1;
  // Load of a zygote; start of a worker; answer to ForkWorker.
  Duration boot_timeout = std::chrono::seconds(60);
  // From DrainWorker to StopWorker; from RetireZygote to KillZygote.
  Duration graceful_timeout = std::chrono::seconds(30);
  // From the first request of a graceful stop to its begin: load balancers notice meanwhile.
  Duration drain_delay = Duration::zero();
  // From StopWorker to KillWorker. A worker blocked in its handler reads no message, so the last
  // rung has to come; two seconds leave time to hand connections over and to write the log.
  Duration kill_grace = std::chrono::seconds(2);
  // From TimeOutWorker to KillWorker: room for a core dump of some size.
  Duration hang_grace = std::chrono::seconds(10);
  // For the whole verification of a deploy: start of its worker, checks and command.
  Duration verify_timeout = std::chrono::seconds(120);
  // How long the zygote of the generation before the live one is kept; zero: not at all.
  Duration standby_timeout{};
  RestartLimits restart;
  WatchLimits watch;
};

}  // namespace appserver::supervision
