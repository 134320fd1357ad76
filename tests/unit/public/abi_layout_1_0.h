/* The layout of every struct of abi.h as ABI 1.0 fixed it, for 64-bit machines. Valid C11 and C++.
 *
 * The numbers are a promise to apps that are already built and never change. A minor version that
 * adds a field asserts the field and the new size in a header of its own, and relaxes the size here
 * to "at least". */
#ifndef APPSERVER_TESTS_ABI_LAYOUT_1_0_H
#define APPSERVER_TESTS_ABI_LAYOUT_1_0_H

#include <assert.h>
#include <stddef.h>

#include <appserver/abi.h>

#ifdef __cplusplus
#define LAYOUT_WIDTH(type, field) sizeof(type::field)
#else
#define LAYOUT_WIDTH(type, field) sizeof(((type*)0)->field)
#endif
#define LAYOUT_FIELD(type, field, offset, width)                               \
  static_assert(offsetof(type, field) == (offset), #type "." #field " moved"); \
  static_assert(LAYOUT_WIDTH(type, field) == (width), #type "." #field " changed its width")
#define LAYOUT_SIZE(type, width) static_assert(sizeof(type) == (width), #type " changed its size")
#define LAYOUT_GREW(type, width) static_assert(sizeof(type) >= (width), #type " became smaller")

LAYOUT_SIZE(appserver_str, 16);
LAYOUT_FIELD(appserver_str, data, 0, 8);
LAYOUT_FIELD(appserver_str, size, 8, 8);

LAYOUT_SIZE(appserver_header, 32);
LAYOUT_FIELD(appserver_header, name, 0, 16);
LAYOUT_FIELD(appserver_header, value, 16, 16);

LAYOUT_GREW(appserver_request, 104);
LAYOUT_FIELD(appserver_request, size, 0, 4);
LAYOUT_FIELD(appserver_request, http_version, 4, 4);
LAYOUT_FIELD(appserver_request, method, 8, 16);
LAYOUT_FIELD(appserver_request, target, 24, 16);
LAYOUT_FIELD(appserver_request, path, 40, 16);
LAYOUT_FIELD(appserver_request, query, 56, 16);
LAYOUT_FIELD(appserver_request, headers, 72, 8);
LAYOUT_FIELD(appserver_request, header_count, 80, 8);
LAYOUT_FIELD(appserver_request, body, 88, 16);

LAYOUT_SIZE(appserver_response, 40);
LAYOUT_FIELD(appserver_response, size, 0, 4);
LAYOUT_FIELD(appserver_response, status, 4, 4);
LAYOUT_FIELD(appserver_response, headers, 8, 8);
LAYOUT_FIELD(appserver_response, header_count, 16, 8);
LAYOUT_FIELD(appserver_response, body, 24, 16);

LAYOUT_SIZE(appserver_worker_info, 16);
LAYOUT_FIELD(appserver_worker_info, size, 0, 4);
LAYOUT_FIELD(appserver_worker_info, slot, 4, 4);
LAYOUT_FIELD(appserver_worker_info, generation, 8, 4);
LAYOUT_FIELD(appserver_worker_info, reserved, 12, 4);

LAYOUT_SIZE(appserver_host, 64);
LAYOUT_FIELD(appserver_host, size, 0, 4);
LAYOUT_FIELD(appserver_host, abi_major, 4, 2);
LAYOUT_FIELD(appserver_host, abi_minor, 6, 2);
LAYOUT_FIELD(appserver_host, server_version, 8, 8);
LAYOUT_FIELD(appserver_host, log, 16, 8);
LAYOUT_FIELD(appserver_host, report_error, 24, 8);
LAYOUT_FIELD(appserver_host, respond, 32, 8);
LAYOUT_FIELD(appserver_host, peer, 40, 8);
LAYOUT_FIELD(appserver_host, request_id, 48, 8);
LAYOUT_FIELD(appserver_host, get_extension, 56, 8);

LAYOUT_SIZE(appserver_app, 96);
LAYOUT_FIELD(appserver_app, size, 0, 4);
LAYOUT_FIELD(appserver_app, abi_major, 4, 2);
LAYOUT_FIELD(appserver_app, abi_minor, 6, 2);
LAYOUT_FIELD(appserver_app, name, 8, 8);
LAYOUT_FIELD(appserver_app, version, 16, 8);
LAYOUT_FIELD(appserver_app, toolchain, 24, 8);
LAYOUT_FIELD(appserver_app, flags, 32, 8);
LAYOUT_FIELD(appserver_app, state, 40, 8);
LAYOUT_FIELD(appserver_app, on_load, 48, 8);
LAYOUT_FIELD(appserver_app, on_worker_start, 56, 8);
LAYOUT_FIELD(appserver_app, on_worker_stop, 64, 8);
LAYOUT_FIELD(appserver_app, on_release_retire, 72, 8);
LAYOUT_FIELD(appserver_app, handle, 80, 8);
LAYOUT_FIELD(appserver_app, get_extension, 88, 8);

LAYOUT_SIZE(appserver_route, 16);
LAYOUT_FIELD(appserver_route, method, 0, 8);
LAYOUT_FIELD(appserver_route, pattern, 8, 8);

LAYOUT_SIZE(appserver_routes, 16);
LAYOUT_FIELD(appserver_routes, size, 0, 4);
LAYOUT_FIELD(appserver_routes, count, 4, 4);
LAYOUT_FIELD(appserver_routes, routes, 8, 8);

static_assert(APPSERVER_OK == 0 && APPSERVER_FAILED == 1, "results changed");
static_assert(APPSERVER_LOG_DEBUG == 0 && APPSERVER_LOG_INFO == 1 && APPSERVER_LOG_WARNING == 2 &&
                  APPSERVER_LOG_ERROR == 3,
              "log levels changed");

#endif /* APPSERVER_TESTS_ABI_LAYOUT_1_0_H */
