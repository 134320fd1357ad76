#include "admin/admin_app.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <appserver/app.hpp>
#include <appserver/responder.hpp>
#include <appserver/server.hpp>

#include "admin/access.h"
#include "observe/command_json.h"

namespace appserver::admin {
namespace {

constexpr const char* kSilent = "the master does not answer";
constexpr const char* kJson = "application/json";
constexpr const char* kLines = "application/x-ndjson";
constexpr const char* kMetrics = "text/plain; version=0.0.4; charset=utf-8";

// Of a client that does not take its events: it is cut off.
constexpr std::size_t kMostBuffered = std::size_t{256} * 1024;

Response refusal(int status, std::string_view why) {
  return Response().status(status).header("Content-Type", kJson).body(observe::error_line(why));
}

// Only looking: over TCP nothing else is possible.
class Gate {
 public:
  explicit Gate(Masters masters) : masters_(std::move(masters)) {}

  [[nodiscard]] Response operator()(const Request& request, const Next& next) const {
    if (const auto who = credentials_of(request.peer())) {
      if (who->uid != 0 && who->uid != masters_.uid) {
        return refusal(403, "only root and the user of the server may use the control socket");
      }
      return next(request);
    }
    if (request.method() != "GET" && request.method() != "HEAD") {
      return refusal(403, "commands are taken at the control socket only; see --control-socket");
    }
    if (!is_own_host(request.host(), masters_.admin_host)) {
      return refusal(403, "ask by an address, by localhost, or by the host that --admin names");
    }
    return next(request);
  }

 private:
  Masters masters_;
};

void add_view(App& app, Desk& desk, const char* path, const char* type, Desk::View view) {
  app.get(path, [&desk, type, view](const Request&, Responder responder) {
    auto answer = std::make_shared<Responder>(std::move(responder));
    desk.look(view, [answer, type](std::optional<std::string> text) {
      answer->respond(text ? Response().header("Content-Type", type).body(std::move(*text))
                           : refusal(503, kSilent));
    });
  });
}

// The answer to a command: lines, from the first one on.
class Answer {
 public:
  explicit Answer(Responder responder) : responder_(std::move(responder)) {}

  void refuse(int status, std::string_view why) { responder_.respond(refusal(status, why)); }
  void tell(const std::string& line, bool is_last) {
    if (!stream_) {
      stream_.emplace(responder_.start(Response().header("Content-Type", kLines)));
    }
    stream_->push(line);
    if (is_last) {
      stream_->finish();
    }
  }

 private:
  Responder responder_;
  std::optional<ResponseStream> stream_;
};

void add_command(App& app, Desk& desk, const std::string& name) {
  app.post("/" + name, [&desk, name](const Request& request, Responder responder) {
    const auto who = credentials_of(request.peer()).value_or(Credentials{});
    auto answer = std::make_shared<Answer>(std::move(responder));
    const auto refused = desk.command(
        name, request.body(), {who.uid, who.pid},
        [answer](const std::string& line, bool is_last) { answer->tell(line, is_last); });
    if (refused) {
      answer->refuse(refused->status, refused->why);
    }
  });
}

void add_events(App& app, Desk& desk) {
  app.get("/events", [&desk](const Request& request, Responder responder) {
    const bool is_sse =
        request.header("Accept").value_or("").find("text/event-stream") != std::string_view::npos;
    auto stream = std::make_shared<ResponseStream>(
        responder.start(Response()
                            .header("Content-Type", is_sse ? "text/event-stream" : kLines)
                            .header("Cache-Control", "no-store")));
    desk.follow_events([stream, is_sse](const std::string& line) {
      return !stream->is_cancelled() && stream->buffered() < kMostBuffered &&
             stream->push(is_sse ? "data: " + line + "\n\n" : line + "\n");
    });
  });
}

void set_up(App& app, Desk& desk, const Masters& masters) {
  app.name("appserverd admin");
  app.on_worker_start([&desk](const Worker& worker) { desk.begin(worker.loop()); });
  app.on_worker_stop([&desk](const Worker&) { desk.end(); });
  app.use(Gate(masters));
  add_view(app, desk, "/status", kJson, Desk::View::Status);
  add_view(app, desk, "/workers", kJson, Desk::View::Workers);
  add_view(app, desk, "/releases", kJson, Desk::View::Releases);
  add_view(app, desk, "/metrics", kMetrics, Desk::View::Metrics);
  add_events(app, desk);
  for (const char* name :
       {"deploy", "reload", "rollback", "scale", "recycle", "stop", "logs", "upgrade"}) {
    add_command(app, desk, name);
  }
}

}  // namespace

detail::AppMaker admin_app(Desk& desk, const Masters& masters) {
  return detail::link_app([&desk, masters](App& app) { set_up(app, desk, masters); });
}

}  // namespace appserver::admin
