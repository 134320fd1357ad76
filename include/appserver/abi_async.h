/* Extension "appserver.async/1": answers that are given later and elsewhere.
 *
 * Look it up with host->get_extension(host, APPSERVER_ASYNC_EXTENSION); null on servers before
 * ABI 1.2. The rules of abi.h hold.
 *
 * `handle` may keep its exchange with defer() and return without an answer. The exchange is then
 * answered with the functions of abi.h and abi_stream.h, from any thread of the process, and let go
 * of with release(). While it waits, its connection costs no thread. When the client leaves or the
 * time is up (504), the answer is no longer wanted: what answers then gets APPSERVER_FAILED, and
 * on_cancel() tells early.
 *
 * Context tags: [any] any thread; [worker] the worker's own thread: in hooks, handlers, and the
 * functions that post() and wait() call.
 */
#ifndef APPSERVER_ABI_ASYNC_H
#define APPSERVER_ABI_ASYNC_H

#include <appserver/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define APPSERVER_ASYNC_EXTENSION "appserver.async/1"

/* A further result of `produce`, for a body that answers a kept exchange: nothing more to send now;
 * called again after resume(). What was written goes to the client at once. */
#define APPSERVER_STREAM_WAIT 3

/* What a wait is for, and what became of it. */
#define APPSERVER_WAIT_TIME 0 /* only for the time to pass; as a result: it has passed */
#define APPSERVER_WAIT_READABLE 1
#define APPSERVER_WAIT_WRITABLE 2

/* What on_cancel() says: nobody waits for the answer any more; or that this will not be told. */
#define APPSERVER_CANCELLED 1
#define APPSERVER_NOT_CANCELLED 0

/* `result` is that of a wait or of on_cancel(), and 0 for everything else. */
typedef void (*appserver_callback)(void* state, int32_t result);

/* A wait that was begun. Opaque; valid until its callback runs or it is cancelled. */
typedef struct appserver_wait appserver_wait;

typedef struct appserver_wait_order {
  uint32_t size;
  int32_t fd; /* ignored when only the time counts; stays open until the wait is over */
  int32_t events;
  uint32_t reserved;
  uint64_t milliseconds; /* the longest time; UINT64_MAX: any time (needs an fd) */
  /* On whose behalf: named in logs when the callback hangs or crashes. Null, or an exchange that is
   * not released before the callback has run. */
  appserver_exchange* exchange;
  appserver_callback callback;
  void* state;
} appserver_wait_order;

typedef struct appserver_async {
  uint32_t size;
  uint32_t reserved;

  /* Keeps the exchange of the handler that is running. Returns the handle to answer it with, or
   * null when it is answered already or memory is short. The handle that `handle` was given, and
   * its request, remain valid until `handle` returns. [handler] */
  appserver_exchange* (*defer)(appserver_exchange* exchange);

  /* For a kept exchange. The request, whose views are valid until it is answered or, if it is not,
   * until release(); until the end of the body when that one is made by `produce`. [any] */
  const appserver_request* (*request)(appserver_exchange* kept);

  /* The app is done with it: the handle is dead. One that was not answered gets 500 and a log
   * record. Exactly once. [any] */
  void (*release)(appserver_exchange* kept);

  /* Whether nobody waits for the answer any more. [any] */
  int32_t (*is_cancelled)(appserver_exchange* kept);

  /* Calls `callback` exactly once: with APPSERVER_CANCELLED on the worker's thread as soon as
   * nobody waits for the answer any more; or, before that, with APPSERVER_NOT_CANCELLED, when the
   * exchange is released or another callback takes its place, in that call. Null: none. [any] */
  void (*on_cancel)(appserver_exchange* kept, appserver_callback callback, void* state);

  /* The source that answered the exchange with APPSERVER_STREAM_WAIT can go on. [any] */
  void (*resume)(appserver_exchange* kept);

  /* Calls `callback` on the worker's thread, outside of everything else. `exchange` is as in
   * appserver_wait_order. Returns APPSERVER_OK, or APPSERVER_FAILED in a process that does not
   * serve: nothing is called then. [any] */
  int32_t (*post)(const appserver_host* host, appserver_exchange* exchange,
                  appserver_callback callback, void* state);

  /* Calls `callback` on one of the threads of --threads, or, when there are none, as post() does.
   * Returns as post() does; also APPSERVER_FAILED when too much waits for them already. [any] */
  int32_t (*run)(const appserver_host* host, appserver_exchange* exchange,
                 appserver_callback callback, void* state);

  /* Calls the order's callback once on the worker's thread: when the descriptor is ready or the
   * time has passed. Returns null in a process that does not serve, or for an order that makes no
   * sense. [worker] */
  appserver_wait* (*wait)(const appserver_host* host, const appserver_wait_order* order);
  /* The callback will not be called. [worker] */
  void (*cancel)(const appserver_host* host, appserver_wait* wait);
} appserver_async;

/* App extension: which requests are handled on the worker's own thread although there are
 * --threads. An app without it has all of them handled on those. */
#define APPSERVER_PLACEMENT_EXTENSION "appserver.placement/1"
typedef struct appserver_placement {
  uint32_t size;
  uint32_t reserved;
  /* Whether `handle` is to be called on the worker's thread. Asked only with --threads. [worker] */
  int32_t (*on_worker_thread)(void* state, const appserver_request* request);
} appserver_placement;

#ifdef __cplusplus
}
#endif

#endif /* APPSERVER_ABI_ASYNC_H */
