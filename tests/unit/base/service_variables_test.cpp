#include "base/service_variables.h"

#include <cstdlib>

#include <doctest/doctest.h>

using appserver::ServiceVariables;

TEST_CASE("ServiceVariables: what was taken is gone from the environment") {
  ::setenv("NOTIFY_SOCKET", "/run/x", 1);
  ::setenv("LISTEN_FDNAMES", "", 1);
  ::unsetenv("WATCHDOG_USEC");
  const ServiceVariables taken = ServiceVariables::take();
  CHECK(std::getenv("NOTIFY_SOCKET") == nullptr);
  CHECK(std::getenv("LISTEN_FDNAMES") == nullptr);
  CHECK(taken.find("NOTIFY_SOCKET") == "/run/x");
  CHECK(taken.find("LISTEN_FDNAMES") == std::nullopt);
  CHECK(taken.find("WATCHDOG_USEC") == std::nullopt);
  CHECK(taken.all().size() == 2);
}
