/* Extension "appserver.loop/1": the worker's event loop, for clients that are made for libev.
 *
 * Look it up with host->get_extension(host, APPSERVER_LOOP_EXTENSION); null on servers before
 * ABI 1.2. The rules of abi.h hold.
 */
#ifndef APPSERVER_ABI_LOOP_H
#define APPSERVER_ABI_LOOP_H

#include <appserver/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define APPSERVER_LOOP_EXTENSION "appserver.loop/1"

struct ev_loop; /* ev.h of libev 4 */

typedef struct appserver_loop {
  uint32_t size;
  uint32_t reserved;

  /* The loop that serves the worker's connections, on the worker's thread. Whoever asks for it in
   * on_worker_start puts watchers on it, so that from then on the worker gives it to no other
   * thread while a handler runs: see Worker::loop() in worker.hpp. Later it is the same one, and
   * null to who did not ask then. It lives until on_worker_stop has returned. */
  struct ev_loop* (*open)(const appserver_host* host);
} appserver_loop;

#ifdef __cplusplus
}
#endif

#endif
