/* Extension "appserver.mount/1": where the app is mounted in a server that has several.
 *
 * Look it up with host->get_extension(host, APPSERVER_MOUNT_EXTENSION); null on servers that have
 * one app each. The rules of abi.h hold.
 */
#ifndef APPSERVER_ABI_MOUNT_H
#define APPSERVER_ABI_MOUNT_H

#include <appserver/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define APPSERVER_MOUNT_EXTENSION "appserver.mount/1"

typedef struct appserver_mount {
  uint32_t size;
  uint32_t reserved;

  /* What was taken from the front of the request's path, as "/api"; empty for an app at "/". The
   * target is as sent. Valid as long as the app. */
  appserver_str (*prefix)(appserver_exchange* exchange);
} appserver_mount;

#ifdef __cplusplus
}
#endif

#endif
