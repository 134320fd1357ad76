/* Extension "appserver.body/1": a request's body, read piece by piece by whoever answers later.
 *
 * Look it up with host->get_extension(host, APPSERVER_BODY_EXTENSION); null on servers before
 * ABI 1.2. The rules of abi.h hold.
 *
 * For exchanges that were kept with defer() (abi_async.h) by a handler that was called before the
 * body had arrived (streams_body(), abi_stream.h). The client is read no faster than its body is
 * asked for.
 */
#ifndef APPSERVER_ABI_BODY_H
#define APPSERVER_ABI_BODY_H

#include <appserver/abi.h>
#include <appserver/abi_async.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What became of a read. */
#define APPSERVER_BODY_END 0
#define APPSERVER_BODY_PIECE 1

#define APPSERVER_BODY_EXTENSION "appserver.body/1"
typedef struct appserver_body {
  uint32_t size;
  uint32_t reserved;

  /* Reads the next piece: calls `callback` once on the worker's thread, outside of everything else,
   * with APPSERVER_BODY_PIECE, or with APPSERVER_BODY_END when the body is at its end. Not called
   * any more when nobody waits for the answer: on_cancel() tells. A null callback withdraws the
   * read that is under way. Returns APPSERVER_FAILED, and does nothing, when another read is under
   * way or nobody waits for the answer; for null, when there is none, or it is being told. [worker]
   */
  int32_t (*read)(appserver_exchange* kept, appserver_callback callback, void* state);

  /* The piece that was read. Valid until the next read(), the answer, or release(). [worker] */
  appserver_str (*piece)(appserver_exchange* kept);
} appserver_body;

#ifdef __cplusplus
}
#endif

#endif /* APPSERVER_ABI_BODY_H */
