#pragma once

#include <appserver/etag.hpp>
#include <appserver/middleware.hpp>

namespace appserver {

// Middleware that gives every 200 to GET or HEAD an ETag and answers 304 when the client has it
// already; see with_etag(). It saves the sending, not the making, and costs a hash over the body.
//   app.group("/api").use(appserver::etags());
[[nodiscard]] inline auto etags() {
  return [](const Request& request, const Next& next) { return with_etag(request, next(request)); };
}

}  // namespace appserver
