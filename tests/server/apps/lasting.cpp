// An app with streams that end only when it is told that its worker leaves.
#include <map>
#include <string>
#include <unistd.h>
#include <utility>

#include <appserver/app.hpp>

namespace {

using appserver::Request;
using appserver::Responder;
using appserver::ResponseStream;
using appserver::Worker;

struct Streams {
  std::map<unsigned, ResponseStream> open;
  unsigned next = 0;
};

}  // namespace

APPSERVER_APP(app) {
  auto& streams = app.keep<Streams>();
  app.on_worker_leave([&streams](const Worker& worker) {
    worker.log().info("told to leave with " + std::to_string(streams.open.size()));
    for (auto& [number, stream] : streams.open) {
      stream.push("bye");
      stream.finish();
    }
    streams.open.clear();
  });
  app.on_worker_stop([](const Worker& worker) { worker.log().info("stopped"); });
  app.get("/lasting", [&streams](const Request&, Responder responder) {
    const unsigned number = streams.next++;
    responder.on_cancel([&streams, number] { streams.open.erase(number); });
    ResponseStream stream = responder.start(appserver::text(""));
    stream.push("hello ");
    streams.open.emplace(number, std::move(stream));
  });
  app.get("/count", [&streams](const Request&) {
    return appserver::text(std::to_string(streams.open.size()));
  });
  app.get("/pid", [](const Request&) { return appserver::text(std::to_string(::getpid())); });
}
