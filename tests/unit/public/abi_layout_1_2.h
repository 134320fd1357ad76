/* What ABI 1.2 added to the layout of 1.1; see there. Valid C11 and C++. */
#ifndef APPSERVER_TESTS_ABI_LAYOUT_1_2_H
#define APPSERVER_TESTS_ABI_LAYOUT_1_2_H

#include <appserver/abi_async.h>
#include <appserver/abi_body.h>
#include <appserver/abi_deadline.h>
#include <appserver/abi_leaving.h>
#include <appserver/abi_loop.h>
#include <appserver/abi_mount.h>
#include <appserver/abi_tokens.h>

#include "unit/public/abi_layout_1_1.h"

LAYOUT_SIZE(appserver_deadline, 16);
LAYOUT_FIELD(appserver_deadline, set, 8, 8);

LAYOUT_SIZE(appserver_wait_order, 48);
LAYOUT_FIELD(appserver_wait_order, fd, 4, 4);
LAYOUT_FIELD(appserver_wait_order, events, 8, 4);
LAYOUT_FIELD(appserver_wait_order, milliseconds, 16, 8);
LAYOUT_FIELD(appserver_wait_order, exchange, 24, 8);
LAYOUT_FIELD(appserver_wait_order, callback, 32, 8);
LAYOUT_FIELD(appserver_wait_order, state, 40, 8);

LAYOUT_SIZE(appserver_async, 88);
LAYOUT_FIELD(appserver_async, defer, 8, 8);
LAYOUT_FIELD(appserver_async, request, 16, 8);
LAYOUT_FIELD(appserver_async, release, 24, 8);
LAYOUT_FIELD(appserver_async, is_cancelled, 32, 8);
LAYOUT_FIELD(appserver_async, on_cancel, 40, 8);
LAYOUT_FIELD(appserver_async, resume, 48, 8);
LAYOUT_FIELD(appserver_async, post, 56, 8);
LAYOUT_FIELD(appserver_async, run, 64, 8);
LAYOUT_FIELD(appserver_async, wait, 72, 8);
LAYOUT_FIELD(appserver_async, cancel, 80, 8);

LAYOUT_SIZE(appserver_body, 24);
LAYOUT_FIELD(appserver_body, read, 8, 8);
LAYOUT_FIELD(appserver_body, piece, 16, 8);

LAYOUT_SIZE(appserver_leaving, 16);
LAYOUT_FIELD(appserver_leaving, on_worker_leave, 8, 8);

LAYOUT_SIZE(appserver_loop, 16);
LAYOUT_FIELD(appserver_loop, open, 8, 8);

LAYOUT_SIZE(appserver_mount, 16);
LAYOUT_FIELD(appserver_mount, prefix, 8, 8);

LAYOUT_SIZE(appserver_tokens, 16);
LAYOUT_FIELD(appserver_tokens, take, 8, 8);

LAYOUT_SIZE(appserver_placement, 16);
LAYOUT_FIELD(appserver_placement, on_worker_thread, 8, 8);

#endif /* APPSERVER_TESTS_ABI_LAYOUT_1_2_H */
