/* Extensions for hosts that stand in for the server in tests; see testing.hpp. The rules of abi.h
 * hold. appserverd offers no clock, and never unloads: it ends the process.
 */
#ifndef APPSERVER_ABI_TESTING_H
#define APPSERVER_ABI_TESTING_H

#include <appserver/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Host extension: the time that apps are to see, instead of the system's. */
#define APPSERVER_CLOCK_EXTENSION "appserver.clock/1"
typedef struct appserver_clock {
  uint32_t size;
  uint32_t reserved;
  /* Nanoseconds of a clock that only goes forward, from an arbitrary start. [zygote] [worker] */
  int64_t (*steady)(const appserver_host* host);
  /* Nanoseconds since 1970-01-01T00:00:00Z, without leap seconds. [zygote] [worker] */
  int64_t (*wall)(const appserver_host* host);
} appserver_clock;

/* App extension: takes back what appserver_app_v1 did for this host, so that the same process can
 * load the app afresh. */
#define APPSERVER_UNLOAD_EXTENSION "appserver.unload/1"
typedef struct appserver_unload {
  uint32_t size;
  uint32_t reserved;
  /* Destroys the app. Neither `state` nor the description may be used afterwards. */
  void (*unload)(void* state);
} appserver_unload;

#ifdef __cplusplus
}
#endif

#endif /* APPSERVER_ABI_TESTING_H */
