// An app that answers later, in all the ways there are, and in those that are mistakes.
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include <appserver/app.hpp>

#include "support/ways_to_crash.h"

namespace {

using namespace std::chrono_literals;
using appserver::Request;
using appserver::Responder;
using appserver::Response;
using appserver::ResponseStream;
using appserver::Task;
using appserver::text;

// What became of things that no client sees.
struct Counts {
  std::atomic<int> started{0};
  std::atomic<int> cancelled{0};
  std::atomic<int> refused{0};
  std::atomic<int> delivered{0};
};

// Threads of the app's own, which end with their worker.
class Threads {
 public:
  template <typename Function>
  void start(Function function) {
    const std::lock_guard lock(mutex_);
    threads_.emplace_back(std::move(function));
  }
  void join() {
    const std::lock_guard lock(mutex_);
    for (std::thread& thread : threads_) {
      thread.join();
    }
    threads_.clear();
  }

 private:
  std::mutex mutex_;
  std::vector<std::thread> threads_;
};

std::chrono::milliseconds time_of(const Request& request) {
  return std::chrono::milliseconds(std::stoi(std::string(request.param("milliseconds"))));
}

bool is_on_first_thread() {
  return ::gettid() == ::getpid();
}

Task<int> add_slowly(int a, int b) {
  co_await appserver::sleep(1ms);
  co_return a + b;
}

Task<int> fail_slowly() {
  co_await appserver::sleep(1ms);
  throw appserver::HttpError(409, "not now");
}

struct Pipe {
  Pipe() {
    if (::pipe(ends) != 0) {
      throw std::runtime_error("no pipe");
    }
  }
  ~Pipe() {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  int ends[2]{};
};

void add_coroutines(appserver::App& app, Counts& counts) {
  app.get("/co", [](const Request&) -> Task<Response> { co_return text("at once"); });
  app.get("/sleep/{milliseconds}", [](const Request& request) -> Task<Response> {
    co_await appserver::sleep(time_of(request));
    co_return text("slept");
  });
  app.get("/echo/{word}", [](const Request& request) -> Task<Response> {
    co_await appserver::sleep(1ms);
    co_return text(std::string(request.param("word")) + " " + request.query("q").value_or(""));
  });
  app.get("/sum", [](const Request&) -> Task<Response> {
    const int sum = co_await add_slowly(co_await add_slowly(1, 2), 3);
    co_return text(std::to_string(sum));
  });
  app.get("/throws", [](const Request&) -> Task<Response> {
    co_await appserver::sleep(1ms);
    throw std::runtime_error("out of cheese");
  });
  app.get("/conflict", [](const Request&) -> Task<Response> {
    co_return text(std::to_string(co_await fail_slowly()));
  });
  app.get("/patient/{milliseconds}", [](const Request& request) -> Task<Response> {
    request.extend_deadline(60s);
    co_await appserver::sleep(time_of(request));
    co_return text("slept");
  });
  app.get("/hasty", appserver::deadline(200ms, [](const Request&) -> Task<Response> {
            co_await appserver::sleep(60s);
            co_return text("slept");
          }));
  app.get("/cancelled", [&counts](const Request&) -> Task<Response> {
    try {
      co_await appserver::sleep(60s);
    } catch (const appserver::Cancelled&) {
      ++counts.cancelled;
      throw;
    }
    co_return text("slept");
  });
  app.get("/gone", [&counts](const Request&) -> Task<Response> {
    co_await appserver::client_gone();
    ++counts.cancelled;
    co_return text("to nobody");
  });
  app.get("/blocking/{milliseconds}", [](const Request& request) -> Task<Response> {
    const bool elsewhere = co_await appserver::run_blocking([time = time_of(request)] {
      std::this_thread::sleep_for(time);
      return !is_on_first_thread();
    });
    co_return text(elsewhere ? "elsewhere" : "here");
  });
  app.get("/blocking-throws", [](const Request&) -> Task<Response> {
    co_await appserver::run_blocking([] { throw std::runtime_error("out of ink"); });
    co_return text("written");
  });
  app.get("/pipe", [](const Request&) -> Task<Response> {
    Pipe pipe;
    const bool too_early = co_await appserver::readable(pipe.ends[0], 20ms);
    std::thread writer([fd = pipe.ends[1]] {
      std::this_thread::sleep_for(20ms);
      static_cast<void>(::write(fd, "x", 1));
    });
    co_await appserver::readable(pipe.ends[0]);
    writer.join();
    const bool has_room = co_await appserver::writable(pipe.ends[1], 5s);
    co_return text(std::string(too_early ? "early" : "in time") + (has_room ? ", room" : ""));
  });
  app.get("/no-descriptor", [](const Request&) -> Task<Response> {
    co_await appserver::readable(-1);
    co_return text("read");
  });
  app.get("/crash/{milliseconds}", [](const Request& request) -> Task<Response> {
    co_await appserver::sleep(time_of(request));
    appserver::test::write_nowhere();
    co_return text("survived");
  });
}

void add_responders(appserver::App& app, Counts& counts, Threads& threads) {
  app.get("/now", [](const Request&, Responder responder) { responder.respond(text("now")); });
  app.get("/thread/{milliseconds}", [&](const Request& request, Responder responder) {
    ++counts.started;
    threads.start([&counts, time = time_of(request), responder = std::move(responder)]() mutable {
      std::this_thread::sleep_for(time);
      const std::string target(responder.request().target());
      ++(responder.respond(text(target)) ? counts.delivered : counts.refused);
    });
  });
  app.get("/forgotten", [](const Request&, Responder) {});
  app.get("/forgotten-elsewhere", [&](const Request&, Responder responder) {
    threads.start([responder = std::move(responder)] {});
  });
  app.get("/twice", [](const Request&, Responder responder) {
    responder.respond(text("first"));
    responder.respond(text("second"));
  });
  app.get("/illegal", [](const Request&, Responder responder) {
    responder.respond(text("x").header("X-Bad", "a\r\nb"));
  });
  app.get("/throws-at-once",
          [](const Request&, Responder) { throw std::runtime_error("out of sugar"); });
  app.get("/told", [&counts](const Request&, Responder responder) {
    auto kept = std::make_shared<Responder>(std::move(responder));
    kept->on_cancel([&counts, kept] { ++counts.cancelled; });
  });
  app.get("/large", [&](const Request&, Responder responder) {
    threads.start([responder = std::move(responder)]() mutable {
      responder.respond(text(std::string(4 * 1024 * 1024, 'l')));
    });
  });
}

void add_streams(appserver::App& app, Counts& counts, Threads& threads) {
  app.get("/ticks/{milliseconds}",
          [&counts](const Request& request, ResponseStream& out) -> Task<> {
            out.head(Response().header("Content-Type", "text/event-stream"));
            const auto time = time_of(request);
            try {
              for (int i = 0; i < 3; ++i) {
                co_await out.write(appserver::to_text({.data = std::to_string(i)}));
                co_await appserver::sleep(time);
              }
            } catch (const appserver::Cancelled&) {
              ++counts.cancelled;
              throw;
            }
          });
  app.get("/flood", [&counts](const Request&, ResponseStream& out) -> Task<> {
    const std::string piece(10'000, 'f');
    for (int i = 0; i < 3'000; ++i) {
      co_await out.write(piece);
      counts.delivered = i + 1;
    }
  });
  app.get("/stream-throws", [](const Request&, ResponseStream& out) -> Task<> {
    co_await out.write("half");
    co_await out.flush();
    throw std::runtime_error("out of paper");
  });
  app.get("/stream-throws-first", [](const Request&, ResponseStream&) -> Task<> {
    co_await appserver::sleep(1ms);
    throw appserver::HttpError(418, "short and stout");
  });
  app.get("/pushed", [&](const Request&, Responder responder) {
    ResponseStream out = responder.start(text(""));
    threads.start([out = std::move(out)]() mutable {
      for (int i = 0; i < 100; ++i) {
        out.push("piece " + std::to_string(i) + "\n");
        std::this_thread::yield();
      }
      out.finish();
    });
  });
  app.get("/abandoned", [](const Request&, Responder responder) {
    ResponseStream out = responder.start(text(""));
    out.push("half");
  });
}

}  // namespace

APPSERVER_APP(app) {
  auto& counts = app.keep<Counts>();
  auto& threads = app.keep<Threads>();
  app.on_worker_stop([&threads](const appserver::Worker&) { threads.join(); });
  app.use([](const Request& request, const appserver::Next& next) {
    return next(request).header("X-Layer", "seen");
  });
  add_coroutines(app, counts);
  add_responders(app, counts, threads);
  add_streams(app, counts, threads);
  app.get("/counts", appserver::on_worker_thread([&counts](const Request&) {
            return text(std::to_string(counts.started) + " started, " +
                        std::to_string(counts.cancelled) + " cancelled, " +
                        std::to_string(counts.refused) + " refused, " +
                        std::to_string(counts.delivered) + " delivered");
          }));
  app.get("/pid", [](const Request&) { return text(std::to_string(::getpid())); });
  app.get("/first", appserver::on_worker_thread([](const Request&) {
            return text(is_on_first_thread() ? "first" : "other");
          }));
  app.get("/any", [](const Request&) { return text(is_on_first_thread() ? "first" : "other"); });
  app.get("/block/{milliseconds}", [](const Request& request) {
    std::this_thread::sleep_for(time_of(request));
    return text("blocked");
  });
}
