#include "master/policy.h"

namespace appserver::master {

supervision::Policy policy_of(const config::Options& options) {
  supervision::Policy policy;
  policy.workers = static_cast<unsigned>(options.workers);
  policy.reload_batch = static_cast<unsigned>(options.reload_batch);
  policy.boot_timeout = options.boot_timeout;
  policy.graceful_timeout = options.graceful_timeout;
  policy.drain_delay = options.drain_delay;
  policy.verify_timeout = options.verify_timeout;
  policy.standby_timeout = options.standby_timeout;
  policy.watch.enough_requests = options.watch_requests;
  policy.watch.crashes = static_cast<unsigned>(options.watch_crashes);
  policy.watch.error_permille = static_cast<unsigned>(options.watch_errors) * 10;
  policy.watch.p99_percent = static_cast<unsigned>(options.watch_slowdown);
  return policy;
}

}  // namespace appserver::master
