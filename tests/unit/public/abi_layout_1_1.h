/* What ABI 1.1 added to the layout of 1.0; see there. Valid C11 and C++. */
#ifndef APPSERVER_TESTS_ABI_LAYOUT_1_1_H
#define APPSERVER_TESTS_ABI_LAYOUT_1_1_H

#include <appserver/abi_stream.h>

#include "unit/public/abi_layout_1_0.h"

LAYOUT_SIZE(appserver_request, 136);
LAYOUT_FIELD(appserver_request, scheme, 104, 16);
LAYOUT_FIELD(appserver_request, authority, 120, 16);

LAYOUT_SIZE(appserver_body_source, 32);
LAYOUT_FIELD(appserver_body_source, state, 8, 8);
LAYOUT_FIELD(appserver_body_source, produce, 16, 8);
LAYOUT_FIELD(appserver_body_source, release, 24, 8);

LAYOUT_SIZE(appserver_body_sink, 40);
LAYOUT_FIELD(appserver_body_sink, state, 8, 8);
LAYOUT_FIELD(appserver_body_sink, chunk, 16, 8);
LAYOUT_FIELD(appserver_body_sink, end, 24, 8);
LAYOUT_FIELD(appserver_body_sink, release, 32, 8);

LAYOUT_SIZE(appserver_stream, 56);
LAYOUT_FIELD(appserver_stream, respond_stream, 8, 8);
LAYOUT_FIELD(appserver_stream, write, 16, 8);
LAYOUT_FIELD(appserver_stream, trailer, 24, 8);
LAYOUT_FIELD(appserver_stream, respond_file, 32, 8);
LAYOUT_FIELD(appserver_stream, inform, 40, 8);
LAYOUT_FIELD(appserver_stream, receive_body, 48, 8);

LAYOUT_SIZE(appserver_streaming, 16);
LAYOUT_FIELD(appserver_streaming, streams_body, 8, 8);

#endif /* APPSERVER_TESTS_ABI_LAYOUT_1_1_H */
