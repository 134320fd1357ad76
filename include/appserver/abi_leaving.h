/* App extension "appserver.leaving/1": an app that wants to know when its worker is told to leave.
 *
 * The server looks it up with app->get_extension(); servers before ABI 1.2 never do. The rules of
 * abi.h hold.
 */
#ifndef APPSERVER_ABI_LEAVING_H
#define APPSERVER_ABI_LEAVING_H

#include <appserver/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define APPSERVER_LEAVING_EXTENSION "appserver.leaving/1"
typedef struct appserver_leaving {
  uint32_t size;
  uint32_t reserved;
  /* Called at most once, when the worker begins to finish what is under way: another one takes its
   * place, or the server stops. It goes when its last exchange has ended, so that now is the time
   * to end those that would not do so by themselves. Requests may still come. Not called when the
   * worker is stopped at once. `info` as for on_worker_start. [worker] */
  void (*on_worker_leave)(void* state, const appserver_worker_info* info);
} appserver_leaving;

#ifdef __cplusplus
}
#endif

#endif /* APPSERVER_ABI_LEAVING_H */
