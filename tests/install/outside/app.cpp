#include <appserver/app.hpp>

APPSERVER_APP(app) {
  app.get("/", [](const appserver::Request&) { return appserver::text("loaded"); });
}
