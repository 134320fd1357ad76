#include "worker/app_hooks.h"

#include <string>
#include <vector>

namespace appserver::worker {
namespace {

Result<Ok> run_start_hook(const app::MountedApp& mounted, const appserver_worker_info& info) {
  const appserver_app& hooks = mounted.app.description();
  if (hooks.on_worker_start == nullptr) {
    return ok();
  }
  static_cast<void>(mounted.host.take_reported_error());
  if (hooks.on_worker_start(hooks.state, &info) == APPSERVER_OK) {
    return ok();
  }
  const std::string why = mounted.host.take_reported_error();
  return failure("on_worker_start failed: " + (why.empty() ? "the app did not say why" : why));
}

void run_stop_hook(const app::LoadedApp& app, const appserver_worker_info& info) {
  const appserver_app& hooks = app.description();
  if (hooks.on_worker_stop != nullptr) {
    hooks.on_worker_stop(hooks.state, &info);
  }
}

}  // namespace

void leave_probes_to_apps(std::span<const app::MountedApp> apps, HealthPaths& health) {
  for (const app::MountedApp& each : apps) {
    if (!each.mount.host.empty()) {
      continue;
    }
    std::vector<app::Route> routes = each.app.routes();
    for (app::Route& route : routes) {
      route.pattern.insert(0, each.mount.path);
    }
    health.leave_to_app(routes);
  }
}

StartedApps::StartedApps(std::span<const app::MountedApp> apps, const appserver_worker_info& info,
                         app::AppCalls& calls)
    : apps_(apps), info_(info) {
  for (const app::MountedApp& each : apps_) {
    each.host.set_app_calls(&calls);
  }
}

StartedApps::~StartedApps() {
  while (started_ > 0) {
    run_stop_hook(apps_[--started_].app, info_);
  }
  for (const app::MountedApp& each : apps_) {
    each.host.set_app_calls(nullptr);
  }
}

Result<Ok> StartedApps::start() {
  for (; started_ < apps_.size(); ++started_) {
    const app::MountedApp& next = apps_[started_];
    if (auto ran = run_start_hook(next, info_); !ran) {
      return failure(app::said_of(next.mount, apps_.size(), ran.error().message));
    }
    const auto* leaving =
        static_cast<const appserver_leaving*>(next.app.extension(APPSERVER_LEAVING_EXTENSION));
    if (leaving != nullptr && leaving->size >= sizeof *leaving) {
      leave_hooks_.push_back({leaving->on_worker_leave, next.app.description().state, info_});
    }
  }
  return ok();
}

void StartedApps::tell_that_worker_leaves(AppLoop& loop) {
  for (LeaveHook& hook : leave_hooks_) {
    loop.add({&StartedApps::run_leave_hook, &hook, nullptr});
  }
}

void StartedApps::run_leave_hook(void* hook, std::int32_t) {
  const auto& own = *static_cast<const LeaveHook*>(hook);
  own.function(own.state, &own.info);
}

}  // namespace appserver::worker
