// An app with rate limits.
#include <string>
#include <unistd.h>

#include <appserver/app.hpp>
#include <appserver/middleware/rate_limit.hpp>

APPSERVER_APP(app) {
  const auto pid = [](const appserver::Request&) {
    return appserver::text(std::to_string(::getpid()));
  };
  // So slow that no test sees a token come back.
  const appserver::TokenBucket twenty{.per_second = 0.001, .burst = 20};
  app.get("/free", pid);
  app.group("/one").use(appserver::rate_limit({.bucket = twenty})).get("", pid);
  app.group("/other").use(appserver::rate_limit({.bucket = twenty})).get("", pid);
}
