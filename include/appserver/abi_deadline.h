/* Extension "appserver.deadline/1": how long a handler may take.
 *
 * Look it up with host->get_extension(host, APPSERVER_DEADLINE_EXTENSION); null on servers before
 * ABI 1.2. The rules of abi.h hold.
 */
#ifndef APPSERVER_ABI_DEADLINE_H
#define APPSERVER_ABI_DEADLINE_H

#include <appserver/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define APPSERVER_DEADLINE_EXTENSION "appserver.deadline/1"

typedef struct appserver_deadline {
  uint32_t size;
  uint32_t reserved;

  /* Gives the running handler so many milliseconds from now on, instead of what --timeout left it;
   * 0 for no limit. May be called again and again. Returns APPSERVER_OK. */
  int32_t (*set)(appserver_exchange* exchange, uint64_t milliseconds);
} appserver_deadline;

#ifdef __cplusplus
}
#endif

#endif
