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
//   application.hpp   App: routes, hooks, patterns; Worker
//   request.hpp       Request: what the client sent
//   response.hpp      Response and its builders: text, html, json, redirect, error_response ...
//   streaming.hpp     stream, file, receive: bodies in pieces
//   cookie.hpp        SetCookie
//   log.hpp           Log: the server's error log
//   abi.h             the C contract below all this; for apps in other languages
//
// All of this is compiled into the app, which meets the server only through the C contract: app and
// server may be built by different compilers, at different times. The exception are sanitizers,
// which must be the same on both sides.
#include <appserver/abi.h>
#include <appserver/application.hpp>
#include <appserver/cookie.hpp>
#include <appserver/deadline.hpp>
#include <appserver/detail/entry.hpp>
#include <appserver/log.hpp>
#include <appserver/request.hpp>
#include <appserver/response.hpp>
#include <appserver/streaming.hpp>

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
    static const ::appserver::detail::Entry entry(host, &appserver_set_up);                       \
    return entry.description();                                                                   \
  }                                                                                               \
  static void appserver_set_up([[maybe_unused]] ::appserver::App& app)
// NOLINTEND(bugprone-macro-parentheses)
