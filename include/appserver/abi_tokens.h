/* Extension "appserver.tokens/1": token buckets that all workers of a server share.
 *
 * Look it up with host->get_extension(host, APPSERVER_TOKENS_EXTENSION); null on servers before
 * ABI 1.2. The rules of abi.h hold.
 */
#ifndef APPSERVER_ABI_TOKENS_H
#define APPSERVER_ABI_TOKENS_H

#include <appserver/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define APPSERVER_TOKENS_EXTENSION "appserver.tokens/1"

typedef struct appserver_tokens {
  uint32_t size;
  uint32_t reserved;

  /* Takes a token out of the bucket that belongs to the key. A token is put back every `interval`
   * nanoseconds; `tolerance` is that times the number of tokens in a full bucket, less one.
   * Returns 0 when there was one, else the nanoseconds until there is. May be called from any
   * thread, in a worker; elsewhere every bucket is full. */
  uint64_t (*take)(const appserver_host* host, appserver_str key, uint64_t interval,
                   uint64_t tolerance);
} appserver_tokens;

#ifdef __cplusplus
}
#endif

#endif
