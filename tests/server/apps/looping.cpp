// An app that puts watchers of its own on the worker's loop.
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <unistd.h>
#include <utility>

#include <ev.h>

#include <appserver/app.hpp>

namespace {

using appserver::Request;
using appserver::Responder;
using appserver::Response;

// Not inlined: the tests look for its name on a stack.
[[gnu::noinline]] void block_the_loop(std::chrono::milliseconds time) {
  std::this_thread::sleep_for(time);
}

std::chrono::milliseconds time_of(const Request& request) {
  return std::chrono::milliseconds(std::stoi(std::string(request.param("milliseconds"))));
}

// What a worker has on its loop.
struct Clockwork {
  struct ev_loop* loop = nullptr;
  ev_timer ticker{};
  unsigned ticks = 0;
  ev_timer blocker{};
  std::chrono::milliseconds blocks_for{0};

  void start(struct ev_loop* workers) {
    loop = workers;
    ev_timer_init(
        &ticker,
        [](struct ev_loop*, ev_timer* watcher, int) {
          ++static_cast<Clockwork*>(watcher->data)->ticks;
        },
        0.005, 0.005);
    ticker.data = this;
    ev_timer_start(loop, &ticker);
  }
  void stop() {
    ev_timer_stop(loop, &ticker);
    ev_timer_stop(loop, &blocker);
  }
  // Blocks in a callback, soon.
  void block_later(std::chrono::milliseconds time) {
    blocks_for = time;
    ev_timer_init(
        &blocker,
        [](struct ev_loop*, ev_timer* watcher, int) {
          block_the_loop(static_cast<Clockwork*>(watcher->data)->blocks_for);
        },
        0.001, 0.);
    blocker.data = this;
    ev_timer_start(loop, &blocker);
  }
};

// An answer that a watcher of the app gives.
struct Delayed {
  Responder responder;
  ev_timer timer{};
};

}  // namespace

APPSERVER_APP(app) {
  const auto clockwork = std::make_shared<Clockwork>();
  app.on_worker_start(
      [clockwork](const appserver::Worker& worker) { clockwork->start(worker.loop()); });
  app.on_worker_stop([clockwork](const appserver::Worker& worker) {
    clockwork->stop();
    worker.log().info(worker.loop() == clockwork->loop ? "the same loop" : "another loop");
  });
  app.get("/pid", [](const Request&) { return appserver::text(std::to_string(::getpid())); });
  app.get("/ticks", [clockwork](const Request&) {
    return appserver::text(std::to_string(clockwork->ticks));
  });
  app.get("/later/{milliseconds}", [clockwork](const Request& request, Responder responder) {
    auto* delayed = new Delayed{std::move(responder)};  // The callback ends it.
    ev_timer_init(
        &delayed->timer,
        [](struct ev_loop*, ev_timer* watcher, int) {
          const std::unique_ptr<Delayed> own(static_cast<Delayed*>(watcher->data));
          own->responder.respond(appserver::text("from a watcher"));
        },
        static_cast<double>(time_of(request).count()) / 1000, 0.);
    delayed->timer.data = delayed;
    ev_timer_start(clockwork->loop, &delayed->timer);
  });
  app.get("/block/{milliseconds}", [](const Request& request) {
    block_the_loop(time_of(request));
    return appserver::text("blocked");
  });
  app.get("/block-in-callback/{milliseconds}", [clockwork](const Request& request) {
    clockwork->block_later(time_of(request));
    return appserver::text("soon");
  });
}
