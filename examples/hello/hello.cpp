#include <appserver/app.hpp>

APPSERVER_APP(app) {
  app.name("hello").version("1.0");
  app.get("/", [](const appserver::Request&) { return appserver::text("Hello, World!"); });
}
