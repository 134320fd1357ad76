/* The contract between appserverd and an app: a C ABI, usable from C11, C++17 and later.
 *
 * An app is a shared object that exports one function, appserver_app_v1. Everything else is
 * reached through the structs below. C++ authors include <appserver/app.hpp> instead, which is
 * written on top of this header.
 *
 * Rules that hold for every struct and function here:
 *  - Structs grow only at their end and begin with `size`, set by whoever fills them to
 *    sizeof(the struct) as *it* was compiled. A field exists only when `size` covers it; an older
 *    peer simply has less of the struct. Within one major version nothing is removed or reordered.
 *  - No C++ type, no exception and no ownership crosses the boundary. Memory is freed by the side
 *    that made it. A string is pointer and length, is never NUL-terminated unless declared as
 *    `const char *`, and lives as long as its comment says.
 *  - A function pointer may be null when its comment says "optional".
 *  - Context tags: [zygote] once, before workers are forked (with --lazy: in each worker);
 *    [worker] on the worker's own thread; [handler] only while `handle` runs.
 */
#ifndef APPSERVER_ABI_H
#define APPSERVER_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Major: a break; a new symbol (appserver_app_v2), both may be exported by one app.
 * Minor: fields and extensions added at the end; older and newer peers work together. */
#define APPSERVER_ABI_MAJOR 1
#define APPSERVER_ABI_MINOR 2

/* Results of hooks, of `handle` and of `respond`. */
#define APPSERVER_OK 0
#define APPSERVER_FAILED 1

/* Levels of `log`. */
#define APPSERVER_LOG_DEBUG 0
#define APPSERVER_LOG_INFO 1
#define APPSERVER_LOG_WARNING 2
#define APPSERVER_LOG_ERROR 3

/* A view of bytes owned by someone else. `data` may be null when `size` is 0. */
typedef struct appserver_str {
  const char* data;
  size_t size;
} appserver_str;

typedef struct appserver_header {
  appserver_str name;
  appserver_str value;
} appserver_header;

/* One request and its response. Opaque; owned by the host; valid while `handle` runs. */
typedef struct appserver_exchange appserver_exchange;

/* A complete request. All views are valid until `handle` returns. [handler] */
typedef struct appserver_request {
  uint32_t size;
  uint32_t http_version;           /* 10 for HTTP/1.0, 11 for HTTP/1.1                           */
  appserver_str method;            /* as sent, case-sensitive: "GET"                             */
  appserver_str target;            /* the request-target as sent: "/a%20b?x=1"                   */
  appserver_str path;              /* its path part, still percent-encoded: "/a%20b"; "*" for
                                      OPTIONS *; "/" for an absolute target without a path       */
  appserver_str query;             /* after the '?', still encoded; empty when there is none     */
  const appserver_header* headers; /* in order of arrival; names as sent, compare ignoring case  */
  size_t header_count;
  appserver_str body; /* the whole body, transfer coding removed                    */
  /* Since ABI 1.1: */
  appserver_str scheme; /* "http" or "https": what the client used, as far as trusted proxies say */
  appserver_str authority; /* the host and perhaps port that the client asked for; may be empty */
} appserver_request;

/* A complete response. The host copies what it needs during `respond`; the app owns all of it.
 * The host adds Date, Server, Content-Length and Connection; Content-Length and Transfer-Encoding
 * given here are ignored. `Connection: close` ends the connection after this response.
 * For HEAD, 1xx, 204 and 304 the host sends no body. */
typedef struct appserver_response {
  uint32_t size;
  uint32_t status; /* 200 to 599 */
  const appserver_header* headers;
  size_t header_count;
  appserver_str body;
} appserver_response;

/* Which worker a hook runs in. Valid during the hook. */
typedef struct appserver_worker_info {
  uint32_t size;
  uint32_t slot;       /* 0 … workers-1, stable across restarts of this worker */
  uint32_t generation; /* counts reloads, from 1                               */
  uint32_t reserved;
} appserver_worker_info;

/* What the server offers to the app. Valid for the life of the process. */
typedef struct appserver_host appserver_host;
struct appserver_host {
  uint32_t size;
  uint16_t abi_major;
  uint16_t abi_minor;
  const char* server_version; /* "0.1.0" */

  /* Writes one record to the server's error log, with this process's slot and generation.
   * Control bytes are escaped. `level` is one of APPSERVER_LOG_…. [zygote] [worker] */
  void (*log)(const appserver_host* host, int32_t level, appserver_str message);

  /* Says why the hook or handler that is running, or appserver_app_v1 itself, is about to fail.
   * Copied; the last call wins; used in the server's error message. [zygote] [worker] */
  void (*report_error)(const appserver_host* host, appserver_str why);

  /* Answers the exchange. At most once. Returns APPSERVER_OK, or APPSERVER_FAILED when the exchange
   * is already answered or the response is not valid HTTP (an illegal status, header name or value;
   * the client then gets 500 and the log says what was wrong). [handler] */
  int32_t (*respond)(appserver_exchange* exchange, const appserver_response* response);

  /* The client's address as text: "192.0.2.1:51234", "[2001:db8::1]:443", "unix:". Made on first
   * use; valid until `handle` returns. [handler] */
  appserver_str (*peer)(appserver_exchange* exchange);

  /* The id of this request: the client's X-Request-Id when it sent a sane one, else made here.
   * Made on first use; valid until `handle` returns. [handler] */
  appserver_str (*request_id)(appserver_exchange* exchange);

  /* Looks an extension up by its versioned name, such as "appserver.stream/1". Returns a pointer to
   * the struct that the name documents, valid for the life of the process, or null. [zygote]
   * [worker] */
  const void* (*get_extension)(const appserver_host* host, const char* name);
};

/* What the app is. Returned by appserver_app_v1; must stay valid and unchanged for the life of the
 * process. */
typedef struct appserver_app {
  uint32_t size;
  uint16_t abi_major; /* APPSERVER_ABI_MAJOR as the app was compiled */
  uint16_t abi_minor;
  const char* name;      /* optional (null: the file's name)              */
  const char* version;   /* optional                                      */
  const char* toolchain; /* optional; for people: "GCC 12.2.0, libstdc++" */
  uint64_t flags;        /* 0; bits are assigned by later minor versions  */
  void* state;           /* handed back as first argument of every call   */

  /* Runs once per generation, before workers exist: read configuration, warm caches. Must not start
   * threads. Anything but APPSERVER_OK refuses the release. Optional. [zygote] */
  int32_t (*on_load)(void* state);

  /* Runs in each new worker before it accepts: open database connections, start threads.
   * Anything but APPSERVER_OK ends this worker, which is then retried with a growing delay.
   * Optional. [worker] */
  int32_t (*on_worker_start)(void* state, const appserver_worker_info* worker);

  /* Runs in a worker that has finished its last exchange and is about to exit. Optional. [worker]
   */
  void (*on_worker_stop)(void* state, const appserver_worker_info* worker);

  /* Runs once when the generation is retired, after a newer one took over. Optional. [zygote] */
  void (*on_release_retire)(void* state);

  /* Handles one request and calls `respond` exactly once before it returns APPSERVER_OK.
   * Anything else, or returning without an answer, becomes a 500 and a log record. Required.
   * [worker] */
  int32_t (*handle)(void* state, appserver_exchange* exchange, const appserver_request* request);

  /* Looks up an extension of the app, such as APPSERVER_ROUTES_EXTENSION. Returns null for names it
   * does not know. Optional. [zygote] [worker] */
  const void* (*get_extension)(void* state, const char* name);
} appserver_app;

/* App extension: the routes, for people to read (`appserverd check`). */
#define APPSERVER_ROUTES_EXTENSION "appserver.routes/1"
typedef struct appserver_route {
  const char* method;  /* "GET", or "*" for every method */
  const char* pattern; /* "/users/{id}"                  */
} appserver_route;
typedef struct appserver_routes {
  uint32_t size;
  uint32_t count;
  const appserver_route* routes; /* valid for the life of the process */
} appserver_routes;

/* The app's only export. Called once per process that loads the app. Returns null when the app
 * cannot be set up, having said why with host->report_error. */
#if defined(__GNUC__)
#define APPSERVER_EXPORT __attribute__((visibility("default")))
#else
#define APPSERVER_EXPORT
#endif
APPSERVER_EXPORT const appserver_app* appserver_app_v1(const appserver_host* host);
#define APPSERVER_ENTRY_SYMBOL "appserver_app_v1"

#ifdef __cplusplus
}
#endif

#endif /* APPSERVER_ABI_H */
