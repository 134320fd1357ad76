/* Loads, but none of its workers can start. */
#include <string.h>

#include <appserver/abi.h>

static const appserver_host* the_host;

static int32_t on_worker_start(void* state, const appserver_worker_info* worker) {
  static const char why[] = "the database is away";
  appserver_str reason = {why, sizeof why - 1};
  (void)state;
  (void)worker;
  the_host->report_error(the_host, reason);
  return APPSERVER_FAILED;
}

static int32_t handle(void* state, appserver_exchange* exchange, const appserver_request* request) {
  (void)state;
  (void)exchange;
  (void)request;
  return APPSERVER_FAILED;
}

APPSERVER_EXPORT const appserver_app* appserver_app_v1(const appserver_host* host) {
  static appserver_app app;
  the_host = host;
  memset(&app, 0, sizeof app);
  app.size = sizeof app;
  app.abi_major = APPSERVER_ABI_MAJOR;
  app.abi_minor = APPSERVER_ABI_MINOR;
  app.on_worker_start = on_worker_start;
  app.handle = handle;
  return &app;
}
