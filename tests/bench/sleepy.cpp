// An app whose only handler blocks for 50 ms.
#include <chrono>
#include <thread>

#include <appserver/app.hpp>

APPSERVER_APP(app) {
  app.get("/", [](const appserver::Request&) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    return appserver::text("slept");
  });
}
