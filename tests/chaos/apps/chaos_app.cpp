// What the chaos suite asks: routes whose answers its clients can work out for themselves, and
// routes that harm the worker.
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <unistd.h>

#include <appserver/app.hpp>

#include "chaos/pattern.h"
#include "support/ways_to_crash.h"

namespace {

std::size_t number(const appserver::Request& request, const char* name) {
  return std::stoul(std::string(request.param(name)));
}

appserver::Response stream(const appserver::Request& request) {
  const std::size_t pieces = number(request, "pieces");
  const std::size_t size = number(request, "size");
  return appserver::stream("text/plain", [text = appserver::chaos::pattern(pieces * size), size,
                                          at = std::size_t{0}](appserver::BodyWriter& out) mutable {
    out.write(std::string_view(text).substr(at, size));
    at += size;
    return at < text.size();
  });
}

auto receive(const appserver::Request&) {
  auto body = std::make_shared<std::string>();
  return appserver::receive([body](std::string_view bytes) { body->append(bytes); },
                            [body] { return appserver::text(*body); });
}

appserver::Response block(const appserver::Request& request) {
  const std::size_t time = number(request, "milliseconds");
  std::this_thread::sleep_for(std::chrono::milliseconds(time));
  return appserver::text("blocked for " + std::to_string(time) + " ms\n");
}

[[noreturn]] void hang() {
  while (true) {
    ::pause();
  }
}

}  // namespace

APPSERVER_APP(app) {
  app.get("/echo/{id}", [](const appserver::Request& request) {
    return appserver::text("echo " + std::string(request.param("id")) + "\n");
  });
  app.get("/body/{size}", [](const appserver::Request& request) {
    return appserver::text(appserver::chaos::pattern(number(request, "size")));
  });
  app.get("/stream/{pieces}/{size}", stream);
  app.post("/mirror", [](const appserver::Request& request) {
    return appserver::text(std::string(request.body()));
  });
  app.post("/received", receive);
  app.get("/crash/{how}", [](const appserver::Request& request) {
    appserver::test::crash(request.param("how"));
    return appserver::text("survived");
  });
  app.get("/block/{milliseconds}", block);
  app.get("/hang", [](const appserver::Request&) -> appserver::Response { hang(); });
}
