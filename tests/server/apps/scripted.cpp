// An app that misbehaves on demand, in ways that a server has to survive.
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <unistd.h>

#include <appserver/app.hpp>

namespace {

// A worker of slot 1 fails to start as long as this file exists.
bool start_is_forbidden(unsigned slot) {
  const char* file = std::getenv("SCRIPTED_FORBID_START");
  return slot == 1 && file != nullptr && std::filesystem::exists(file);
}

void sleep_for(const std::string& milliseconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds(std::stoi(milliseconds)));
}

// Tells the test that a handler runs, not only that its request is on the way.
void tell_start() {
  if (const char* file = std::getenv("SCRIPTED_STARTED")) {
    std::ofstream(file) << "x";
  }
}

}  // namespace

APPSERVER_APP(app) {
  app.name("scripted").version("1");
  app.on_worker_start([](const appserver::Worker& worker) {
    if (start_is_forbidden(worker.slot())) {
      throw std::runtime_error("the database is away");
    }
    if (const char* milliseconds = std::getenv("SCRIPTED_START_TAKES")) {
      sleep_for(milliseconds);
    }
  });
  app.get("/pid",
          [](const appserver::Request&) { return appserver::text(std::to_string(::getpid())); });
  app.get("/env/{name}", [](const appserver::Request& request) {
    const char* value = std::getenv(std::string(request.param("name")).c_str());
    return appserver::text(value == nullptr ? "unset" : value);
  });
  app.get("/sleep/{milliseconds}", [](const appserver::Request& request) {
    tell_start();
    sleep_for(std::string(request.param("milliseconds")));
    return appserver::text("slept");
  });
  app.get("/patient/{milliseconds}", [](const appserver::Request& request) {
    request.extend_deadline(std::chrono::seconds(60));
    sleep_for(std::string(request.param("milliseconds")));
    return appserver::text("slept");
  });
  app.get(
      "/hasty/{milliseconds}",
      appserver::deadline(std::chrono::milliseconds(200), [](const appserver::Request& request) {
        sleep_for(std::string(request.param("milliseconds")));
        return appserver::text("slept");
      }));
  app.get("/signal/{number}", [](const appserver::Request& request) {
    const int number = std::stoi(std::string(request.param("number")));
    // Not the handler of a sanitizer, which would turn the signal into an exit.
    std::signal(number, SIG_DFL);
    ::kill(::getpid(), number);
    return appserver::text("survived");
  });
  app.get("/leak/{mebibytes}", [](const appserver::Request& request) {
    static std::deque<std::string> leaked;
    leaked.emplace_back(std::stoul(std::string(request.param("mebibytes"))) << 20U, 'x');
    return appserver::text(std::to_string(::getpid()));
  });
  app.get("/throw", [](const appserver::Request&) -> appserver::Response {
    throw std::runtime_error("out of cheese");
  });
}
