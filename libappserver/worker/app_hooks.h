#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <appserver/abi.h>
#include <appserver/abi_leaving.h>

#include "app/host_services.h"
#include "app/mounted_app.h"
#include "base/result.h"
#include "worker/app_loop.h"
#include "worker/health.h"

// What the apps of a worker are told around its serving. [worker] On the first thread.
namespace appserver::worker {

// The paths of probes that an app has a route for itself are the app's. One that is mounted for
// some hosts only has them for none: probes come with any host, or none.
void leave_probes_to_apps(std::span<const app::MountedApp> apps, HealthPaths& health);

// The apps that run their on_worker_start successfully, in their order; they run on_worker_stop in
// the opposite one when this is destroyed. In between their calls lead to the worker.
class StartedApps {
 public:
  // All outlive it.
  StartedApps(std::span<const app::MountedApp> apps, const appserver_worker_info& info,
              app::AppCalls& calls);
  StartedApps(const StartedApps&) = delete;
  StartedApps& operator=(const StartedApps&) = delete;
  ~StartedApps();

  // Errors: a hook failed; in its app's own words, if it had any. Those behind it did not run.
  [[nodiscard]] Result<Ok> start();

  // Orders the on_worker_leave of those that have one. Once. [who has the loop]
  void tell_that_worker_leaves(AppLoop& loop);

 private:
  struct LeaveHook {
    decltype(appserver_leaving::on_worker_leave) function;
    void* state;
    const appserver_worker_info& info;
  };
  static void run_leave_hook(void* hook, std::int32_t);

  std::span<const app::MountedApp> apps_;
  const appserver_worker_info& info_;
  std::size_t started_ = 0;
  std::vector<LeaveHook> leave_hooks_;  // Stay where they are once all have started.
};

}  // namespace appserver::worker
