// The same answer in each form that a handler can have; see forms.sh.
#include <chrono>
#include <utility>

#include <appserver/app.hpp>

namespace {

using namespace std::chrono_literals;
using appserver::Request;
using appserver::Response;
using appserver::Task;

Response hello() {
  return appserver::text("Hello, World!");
}

Task<Response> say_hello() {
  co_return hello();
}

}  // namespace

APPSERVER_APP(app) {
  app.get("/inline", [](const Request&) { return hello(); });
  app.get("/deferred",
          [](const Request&, appserver::Responder responder) { responder.respond(hello()); });
  app.get("/coroutine", [](const Request&) -> Task<Response> { co_return hello(); });
  app.get("/nested", [](const Request&) -> Task<Response> { co_return co_await say_hello(); });
  // Really leaves the handler, and comes back from the loop.
  app.get("/waited", [](const Request&) -> Task<Response> {
    co_await appserver::sleep(0ms);
    co_return hello();
  });
  app.get("/sleep", [](const Request&) -> Task<Response> {
    co_await appserver::sleep(50ms);
    co_return hello();
  });
}
