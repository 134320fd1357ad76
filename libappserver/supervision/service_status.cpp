#include "supervision/service_status.h"

#include <cstddef>
#include <optional>
#include <string>

namespace appserver::supervision {
namespace {

// Slots with a worker that serves; of this generation, if one is named.
unsigned serving_slots(const WorkerTable& workers, std::optional<Generation> generation = {}) {
  unsigned count = 0;
  for (Slot slot = 0; slot < workers.slot_count(); ++slot) {
    const Worker* const worker = workers.current(slot);
    if (worker != nullptr && worker->state == WorkerState::Serving &&
        (!generation || worker->generation == *generation)) {
      ++count;
    }
  }
  return count;
}

std::string plural(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

// "8 workers", or "6 of 8 workers".
std::string share(unsigned part, unsigned whole) {
  return (part == whole ? "" : std::to_string(part) + " of ") + plural(whole, "worker");
}

std::string crash_loops(const Supervisor& supervisor) {
  unsigned count = 0;
  for (Slot slot = 0; slot < supervisor.workers().slot_count(); ++slot) {
    count += supervisor.is_in_crash_loop(slot) ? 1U : 0U;
  }
  return count == 0 ? "" : "; " + plural(count, "worker") + " in a crash loop";
}

ServicePhase phase_of(const Supervisor& supervisor) {
  const Desired& desired = supervisor.desired();
  if (supervisor.is_stop_requested()) {
    return ServicePhase::Stopping;
  }
  if (desired.first_boot) {
    return ServicePhase::Starting;
  }
  return desired.rollout ? ServicePhase::Reloading : ServicePhase::Serving;
}

std::string text_of(ServicePhase phase, const Supervisor& supervisor) {
  const Desired& desired = supervisor.desired();
  const WorkerTable& workers = supervisor.workers();
  const unsigned slots = workers.slot_count();
  switch (phase) {
    case ServicePhase::Starting:
      return "starting: " + std::to_string(serving_slots(workers)) + " of " +
             plural(slots, "worker") + " ready";
    case ServicePhase::Serving:
      return "serving generation " + std::to_string(desired.live) + " with " +
             share(serving_slots(workers), slots) + crash_loops(supervisor);
    case ServicePhase::Reloading:
      return "reloading: generation " + std::to_string(*desired.rollout) + " has " +
             std::to_string(serving_slots(workers, desired.rollout)) + " of " +
             plural(slots, "worker") + crash_loops(supervisor);
    case ServicePhase::Stopping:
      return supervisor.is_stopping()
                 ? "stopping: " + plural(workers.workers().size(), "worker") + " left"
                 : "stopping: serving on for the drain delay";
  }
  return "";
}

// Before a worker can report, its zygote loads and it starts; both have the boot timeout, and are
// tried again once.
Duration patience_of(ServicePhase phase, const Supervisor& supervisor) {
  const Policy& policy = supervisor.policy();
  switch (phase) {
    case ServicePhase::Serving:
      return Duration::zero();
    case ServicePhase::Stopping:
      return policy.drain_delay + policy.graceful_timeout + 2 * policy.kill_grace;
    case ServicePhase::Reloading: {
      const DeployPlan plan = supervisor.deploy() ? supervisor.deploy()->plan : DeployPlan{};
      return 4 * policy.boot_timeout + (plan.verify ? policy.verify_timeout : Duration::zero()) +
             2 * plan.watch;
    }
    default:
      return 4 * policy.boot_timeout;
  }
}

}  // namespace

ServiceStatus service_status(const Supervisor& supervisor) {
  ServiceStatus status;
  status.phase = phase_of(supervisor);
  status.text = text_of(status.phase, supervisor);
  const bool is_up =
      status.phase == ServicePhase::Serving || status.phase == ServicePhase::Reloading;
  status.is_alive = !is_up || serving_slots(supervisor.workers()) > 0;
  status.patience = patience_of(status.phase, supervisor);
  return status;
}

}  // namespace appserver::supervision
