#pragma once

// Everything that the author of an app needs: include this file, write APPSERVER_APP once, build a
// shared object, and start it with `appserverd app.so`. Nothing has to be linked. The guide with
// examples is docs/HANDLERS.md.
//
//   #include <appserver/app.hpp>
//
//   APPSERVER_APP(app) {
//     app.get("/", [](const appserver::Request&) { return appserver::text("Hello, World!"); });
//   }
//
// Where to read on:
//   application.hpp   App: hooks, names
//   routes.hpp        routes, patterns, groups, error handlers: of App and Group
//   middleware.hpp    functions around handlers; ready-made ones in middleware/
//   request.hpp       Request: what the client sent
//   response.hpp      Response: what it gets
//   builders.hpp      text, html, json, redirect, error_response ...
//   http_error.hpp    HttpError: an answer that is thrown
//   streaming.hpp     stream, file, receive: bodies in pieces
//   cookie.hpp        SetCookie
//   form.hpp          Form: urlencoded forms
//   multipart.hpp     forms with files, as a whole or as they arrive
//   etag.hpp          ETag and If-None-Match
//   sse.hpp           server-sent events
//   content_type.hpp  media types and parameters of header values
//   responder.hpp     Responder: answers that are given later
//   task.hpp          Task: handlers that are coroutines; waits.hpp: what they can wait for
//   body_reader.hpp   BodyReader: request bodies that coroutines read as they arrive
//   response_stream.hpp  ResponseStream: bodies that are pushed
//   placement.hpp     on_worker_thread: handlers that stay off the threads of --threads
//   worker.hpp        Worker: which worker a hook runs in
//   log.hpp           Log: the server's error log
//   deadline.hpp      deadline: a handler with a time of its own
//   clock.hpp         Clock: what time it is, or what a test says it is
//   abi.h             the C contract below all this; for apps in other languages
//
// All of this is compiled into the app, which meets the server only through the C contract: app and
// server may be built by different compilers, at different times. The exception are sanitizers,
// which must be the same on both sides.
#include <appserver/abi.h>
#include <appserver/application.hpp>
#include <appserver/body_reader.hpp>
#include <appserver/builders.hpp>
#include <appserver/clock.hpp>
#include <appserver/content_type.hpp>
#include <appserver/cookie.hpp>
#include <appserver/deadline.hpp>
#include <appserver/detail/entries.hpp>
#include <appserver/etag.hpp>
#include <appserver/form.hpp>
#include <appserver/http_error.hpp>
#include <appserver/log.hpp>
#include <appserver/middleware.hpp>
#include <appserver/multipart.hpp>
#include <appserver/placement.hpp>
#include <appserver/request.hpp>
#include <appserver/responder.hpp>
#include <appserver/response.hpp>
#include <appserver/response_stream.hpp>
#include <appserver/routes.hpp>
#include <appserver/sse.hpp>
#include <appserver/streaming.hpp>
#include <appserver/task.hpp>
#include <appserver/waits.hpp>
#include <appserver/worker.hpp>

// Begins the one block of an app that declares its routes and hooks; `app` names the
// appserver::App& inside the block. It runs once in each process that loads the app, before
// on_load. An exception that leaves it fails the load, with its text as the reason. [zygote]
//
// Defines appserver_app_v1, the only symbol that an app exports: a second APPSERVER_APP in one
// shared object does not link. The static object is the app's only global; it is destroyed when the
// process exits.
// NOLINTBEGIN(bugprone-macro-parentheses): `app` is declared here, and a name takes no parentheses.
#define APPSERVER_APP(app)                                                                        \
  static void appserver_set_up(::appserver::App& app);                                            \
  extern "C" APPSERVER_EXPORT const appserver_app* appserver_app_v1(const appserver_host* host) { \
    static ::appserver::detail::Entries entries;                                                  \
    return entries.describe(host, &appserver_set_up);                                             \
  }                                                                                               \
  static void appserver_set_up([[maybe_unused]] ::appserver::App& app)
// NOLINTEND(bugprone-macro-parentheses)
