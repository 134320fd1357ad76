/* Extension "appserver.stream/1": bodies in pieces, files, trailers and interim responses.
 *
 * Look it up with host->get_extension(host, APPSERVER_STREAM_EXTENSION); null on servers before
 * ABI 1.1. The rules of abi.h hold. Nothing here blocks: a client that is slow to send or to take a
 * body delays only its own exchange, and what the server holds of a body is bounded.
 */
#ifndef APPSERVER_ABI_STREAM_H
#define APPSERVER_ABI_STREAM_H

#include <appserver/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define APPSERVER_STREAM_EXTENSION "appserver.stream/1"

/* Results of `produce`. */
#define APPSERVER_STREAM_MORE 0   /* call again when the client has taken this              */
#define APPSERVER_STREAM_END 1    /* the body is complete                                   */
#define APPSERVER_STREAM_FAILED 2 /* it cannot be completed: the client sees it end too soon */

/* Takes the pieces of a response's body. Opaque; the host's; valid while `produce` runs. */
typedef struct appserver_body_writer appserver_body_writer;

/* A response's body that is made as the client takes it. The functions are called on the worker's
 * thread, outside of handlers, one after the other. */
typedef struct appserver_body_source {
  uint32_t size;
  uint32_t reserved;
  void* state;
  /* Writes the next piece: some 10 to 100 KiB are a good size. Returns one of APPSERVER_STREAM_….
   * MORE without having written anything ends the response as FAILED: there is nothing to wait for.
   */
  int32_t (*produce)(void* state, appserver_body_writer* writer);
  /* Called once, after the last `produce`, or when the client is gone. */
  void (*release)(void* state);
} appserver_body_source;

/* Takes a request's body as it arrives. The socket is not read while `chunk` runs. */
typedef struct appserver_body_sink {
  uint32_t size;
  uint32_t reserved;
  void* state;
  /* Takes a piece, valid during the call. Anything but APPSERVER_OK ends the request with 500. */
  int32_t (*chunk)(void* state, appserver_str bytes);
  /* The body is whole: answers the exchange, which is another handle than the one `handle` was
   * given, for the same request. Not called when the client leaves before. */
  int32_t (*end)(void* state, appserver_exchange* exchange);
  /* Called once, after `end`, or when there will be none. */
  void (*release)(void* state);
} appserver_body_sink;

/* The host's functions. Each returns APPSERVER_OK or APPSERVER_FAILED; after a failure the exchange
 * is as before, and a source or sink is released by the host in either case. */
typedef struct appserver_stream {
  uint32_t size;
  uint32_t reserved;

  /* Answers with `head` (its body is ignored) and the body that `source` produces. When the head
   * has a Content-Length the source must write exactly as much; else the body is sent in chunks, or
   * up to the end of the connection to an HTTP/1.0 client. For HEAD the source is released at once.
   * [handler] */
  int32_t (*respond_stream)(appserver_exchange* exchange, const appserver_response* head,
                            const appserver_body_source* source);
  /* Writes a piece of the body; copied. */
  int32_t (*write)(appserver_body_writer* writer, appserver_str bytes);
  /* Adds a trailer field, sent behind a body in chunks; dropped otherwise. RFC 9110 section 6.5. */
  int32_t (*trailer)(appserver_body_writer* writer, const appserver_header* field);

  /* Answers with the regular file behind `fd`, which the host duplicates: ranges, conditions, ETag
   * and Last-Modified are the host's work. Of `head` the fields count; its status must be 200.
   * [handler] */
  int32_t (*respond_file)(appserver_exchange* exchange, const appserver_response* head, int32_t fd);

  /* Sends an interim response such as 103 (Early Hints) at once; nothing to an HTTP/1.0 client. RFC
   * 8297. [handler] */
  int32_t (*inform)(appserver_exchange* exchange, uint32_t status, const appserver_header* headers,
                    size_t header_count);

  /* Instead of an answer: the body goes to `sink` as it arrives. Only while `handle` runs for a
   * request of which streams_body() said so. [handler] */
  int32_t (*receive_body)(appserver_exchange* exchange, const appserver_body_sink* sink);
} appserver_stream;

/* App extension: which requests are handled before their body has arrived. */
#define APPSERVER_STREAMING_EXTENSION "appserver.streaming/1"
typedef struct appserver_streaming {
  uint32_t size;
  uint32_t reserved;
  /* Whether `handle` is to be called for this request when only its head is there. Called for
   * requests with a body; their body is empty here. --limit-request-body does not hold for them. */
  int32_t (*streams_body)(void* state, const appserver_request* head);
} appserver_streaming;

#ifdef __cplusplus
}
#endif

#endif /* APPSERVER_ABI_STREAM_H */
