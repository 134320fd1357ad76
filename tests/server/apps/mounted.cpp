// An app that tells where it is mounted, in two builds that export the same global.
#include <stdexcept>
#include <string>

#include <appserver/app.hpp>

#include "support/ways_to_crash.h"

// Each build begins with its own number; what is not static is visible to the dynamic linker.
extern "C" {
extern int clashing_number;
__attribute__((visibility("default"))) int clashing_number = MOUNTED_NUMBER;
}

APPSERVER_APP(app) {
  app.name(MOUNTED_NAME).version("1");
  app.get("/", [](const appserver::Request&) { return appserver::text(MOUNTED_NAME); });
  app.any("/where/{rest*}", [](const appserver::Request& request) {
    return appserver::text(std::string(request.mount()) + "|" + std::string(request.path()) + "|" +
                           std::string(request.target()));
  });
  app.get("/count", [](const appserver::Request&) {
    return appserver::text(std::to_string(clashing_number++));
  });
  app.get("/log", [](const appserver::Request& request) {
    request.log().info("a word of the app");
    return appserver::text("logged");
  });
  app.get("/fail", [](const appserver::Request&) -> appserver::Response {
    throw std::runtime_error("no luck");
  });
  app.get("/crash", [](const appserver::Request&) {
    appserver::test::crash("segv");
    return appserver::text("survived");
  });
}
