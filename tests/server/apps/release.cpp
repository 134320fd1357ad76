// A release of an app in several qualities, one to a build: RELEASE_QUALITY is Good, Failing,
// Crashing or Slow. All of them pass the check at /check; what they are like shows at /.
#include <chrono>
#include <string>
#include <thread>

#include <appserver/app.hpp>

#include "support/ways_to_crash.h"

namespace {

enum class Quality { Good, Failing, Crashing, Slow };
constexpr Quality kQuality = Quality::RELEASE_QUALITY;

// Every tenth request meets what is wrong.
appserver::Response serve(const appserver::Request&) {
  static unsigned requests = 0;
  if (++requests % 10 == 0) {
    if constexpr (kQuality == Quality::Failing) {
      return appserver::text("broken").status(500);
    } else if constexpr (kQuality == Quality::Crashing) {
      appserver::test::crash("segv");
    }
  }
  if constexpr (kQuality == Quality::Slow) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return appserver::text(RELEASE_NAME);
}

}  // namespace

APPSERVER_APP(app) {
  app.name("release").version(RELEASE_NAME);
  app.get("/", serve);
  app.get("/check",
          [](const appserver::Request&) { return appserver::text("ready: " RELEASE_NAME); });
  app.get("/crash", [](const appserver::Request&) {
    appserver::test::crash("segv");
    return appserver::text("survived");
  });
  app.get("/hang", [](const appserver::Request&) {
    std::this_thread::sleep_for(std::chrono::seconds(30));
    return appserver::text("late");
  });
}
