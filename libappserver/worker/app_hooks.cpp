#include "worker/app_hooks.h"

#include <string>

namespace appserver::worker {

Result<Ok> run_start_hook(const app::LoadedApp& app, app::HostServices& host,
                          const appserver_worker_info& info) {
  const appserver_app& hooks = app.description();
  if (hooks.on_worker_start == nullptr) {
    return ok();
  }
  static_cast<void>(host.take_reported_error());
  if (hooks.on_worker_start(hooks.state, &info) == APPSERVER_OK) {
    return ok();
  }
  const std::string why = host.take_reported_error();
  return failure("on_worker_start failed: " + (why.empty() ? "the app did not say why" : why));
}

void run_stop_hook(const app::LoadedApp& app, const appserver_worker_info& info) {
  const appserver_app& hooks = app.description();
  if (hooks.on_worker_stop != nullptr) {
    hooks.on_worker_stop(hooks.state, &info);
  }
}

}  // namespace appserver::worker
