#pragma once

#include <appserver/detail/scope.hpp>
#include <appserver/next.hpp>

// Middleware: functions around the handlers of an app or of a group of routes. Ready-made ones are
// in middleware/: CORS, basic authentication, rate limits, body limits, ETags.
//
//   app.use([](const appserver::Request& request, const appserver::Next& next) {
//     appserver::Response response = next(request);           // before: nothing
//     return response.header("X-Frame-Options", "DENY");      // after
//   });
//
// A middleware is callable as Response(const Request&, const Next&). It runs for every request of
// its app or group, whatever the order in which routes and middleware were declared; those of the
// app come first, then those of its groups from outer to inner, each in the order of use(). It
// calls `next` to go on, or answers in its own words without calling it. It may hand things on to
// the handler with Request::attach().
//
// What next() gives is what the client would get: an exception that an on_error() handler of the
// group takes, and every HttpError, is a response already. Other exceptions pass through next(),
// and become a 500 of the server's own. Around a route that receives its body as it arrives, the
// response of next() is pending: see Response::is_pending().
//
// Requests that no route answers pass through middleware too, so that it can change 404, 405 and
// the automatic answers to OPTIONS. They belong to the group of the routes at their path, when
// there are some for other methods, else to the group with the longest prefix that fits (of several
// the outermost, then the first), else to the app alone.
