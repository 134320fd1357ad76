#include <doctest/doctest.h>

#include "unit/public/fake_host.h"

// A whole app as its author writes it; this executable plays the shared object.
APPSERVER_APP(app) {
  app.name("macro");
  app.get("/", [](const appserver::Request&) { return appserver::text("Hello, World!"); });
}

TEST_CASE("APPSERVER_APP: the exported function gives the same description every time") {
  FakeHost host;
  const appserver_app* description = appserver_app_v1(&host.table());
  REQUIRE(description != nullptr);
  CHECK(std::string_view(description->name) == "macro");
  CHECK(appserver_app_v1(&host.table()) == description);
  CHECK(send_request(*description, "GET", "/").body == "Hello, World!");
}
