#pragma once

#include <appserver/abi.h>

#include "app/host_services.h"
#include "app/loaded_app.h"
#include "base/result.h"

// The hooks of an app around its serving. [worker] On the first thread.
namespace appserver::worker {

// Errors: on_worker_start failed; in the app's own words, if it had any.
[[nodiscard]] Result<Ok> run_start_hook(const app::LoadedApp& app, app::HostServices& host,
                                        const appserver_worker_info& info);

void run_stop_hook(const app::LoadedApp& app, const appserver_worker_info& info);

}  // namespace appserver::worker
