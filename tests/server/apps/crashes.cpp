// An app that crashes on demand, in the ways in which programs crash.
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

#include <appserver/app.hpp>

#include "support/ways_to_crash.h"

APPSERVER_APP(app) {
  app.get("/crash/{how}", [](const appserver::Request& request) {
    appserver::test::crash(request.param("how"));
    return appserver::text("survived");
  });
  app.get("/slow/{milliseconds}", [](const appserver::Request& request) {
    const int milliseconds = std::stoi(std::string(request.param("milliseconds")));
    if (const char* file = std::getenv("CRASHES_SLOW")) {
      std::ofstream(file, std::ios::app) << 'x';  // One for each handler that has begun.
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
    return appserver::text("slow");
  });
  app.get("/large", [](const appserver::Request&) {
    return appserver::text(std::string(16 * 1024 * 1024, 'x'));
  });
  app.get("/fine", [](const appserver::Request&) { return appserver::text("fine"); });
  app.post("/body", [](const appserver::Request& request) {
    return appserver::text(std::string(request.body()));
  });
  app.post("/received", [](const appserver::Request&) {
    return appserver::receive([](std::string_view) {}, [] { return appserver::text("all"); });
  });
}
