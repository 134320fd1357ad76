#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <appserver/app.hpp>
#include <appserver/testing.hpp>

using appserver::App;
using appserver::Request;
using appserver::Responder;
using appserver::Response;
using appserver::ResponseStream;
using appserver::Task;
using appserver::Worker;
using appserver::testing::Client;
using appserver::testing::Reply;
using namespace std::chrono_literals;

namespace {

// A pair of connected sockets.
struct Sockets {
  Sockets() { REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0); }
  Sockets(const Sockets&) = delete;
  Sockets& operator=(const Sockets&) = delete;
  ~Sockets() {
    ::close(fds[0]);
    ::close(fds[1]);
  }
  int fds[2]{};
};

// Says that it is gone: of what a coroutine owns.
class Witness {
 public:
  explicit Witness(bool& is_gone) : is_gone_(is_gone) {}
  Witness(const Witness&) = delete;
  Witness& operator=(const Witness&) = delete;
  ~Witness() { is_gone_ = true; }

 private:
  bool& is_gone_;
};

// What get() throws; empty when it does not.
std::string failure_of(Client& client, const char* target) {
  try {
    client.get(target);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return {};
}

Task<std::string> after(std::chrono::nanoseconds time, std::string text) {
  co_await appserver::sleep(time);
  co_return text;
}

}  // namespace

TEST_CASE("testing: a coroutine is run to its end, and its sleep is fake time that passes") {
  Client client([](App& a) {
    a.use([](const Request& r, const appserver::Next& next) {
      return next(r).header("X-Layer", "was here");
    });
    a.get("/{name}", [](const Request& r) -> Task<Response> {
      const auto start = r.clock().now();
      const std::string text = co_await after(20min, "later, ");
      co_await appserver::sleep(10min);
      const auto minutes = (r.clock().now() - start) / 1min;
      co_return appserver::text(text + std::to_string(minutes) + std::string(r.param("name")));
    });
  });
  const auto before = std::chrono::steady_clock::now();
  const Reply reply = client.get("/%61bc");
  CHECK(reply.status == 200);
  CHECK(reply.body == "later, 30abc");
  CHECK(reply.header("Content-Length") == "12");
  CHECK(reply.header("X-Layer") == "was here");
  CHECK(reply.header("Date") == "Thu, 01 Jan 2026 00:30:00 GMT");
  CHECK(client.head("/x").body.empty());
  CHECK(std::chrono::steady_clock::now() - before < 5s);
  CHECK(client.log().empty());
}

TEST_CASE("testing: a coroutine waits for its descriptor, and the limit of that is fake time") {
  const Sockets sockets;
  Client client(
      [&sockets](App& a) {
        a.get("/ready", [&sockets](const Request&) -> Task<Response> {
          co_await appserver::writable(sockets.fds[1]);
          REQUIRE(::write(sockets.fds[1], "x", 1) == 1);
          co_await appserver::readable(sockets.fds[0]);
          char got = 0;
          REQUIRE(::read(sockets.fds[0], &got, 1) == 1);
          co_return appserver::text(std::string(1, got));
        });
        a.get("/limited", [&sockets](const Request& r) -> Task<Response> {
          const auto start = r.clock().now();
          const bool is_ready = co_await appserver::readable(sockets.fds[0], 1h);
          const auto minutes = (r.clock().now() - start) / 1min;
          co_return appserver::text(std::to_string(is_ready) + " " + std::to_string(minutes));
        });
        a.get("/none", [](const Request&) -> Task<Response> {
          co_await appserver::readable(-1);
          co_return Response();
        });
      },
      {.patience = {.descriptor = 5ms}});
  CHECK(client.get("/ready").body == "x");
  CHECK(client.get("/limited").body == "0 60");
  CHECK(client.get("/none").status == 500);
}

TEST_CASE("testing: a descriptor that another thread makes ready is really waited for") {
  const Sockets sockets;
  std::thread other;
  Client client(
      [&](App& a) {
        a.get("/", [&](const Request&) -> Task<Response> {
          other = std::thread([&sockets] { static_cast<void>(::write(sockets.fds[1], "x", 1)); });
          const bool is_ready = co_await appserver::readable(sockets.fds[0], 2s);
          co_return appserver::text(is_ready ? "ready" : "late");
        });
        a.on_worker_stop([&other](const Worker&) { other.join(); });
      },
      {.patience = {.descriptor = 5s}});
  CHECK(client.get("/").body == "ready");
}

TEST_CASE("testing: an answer that never comes is told, with what the app waits for") {
  const Sockets sockets;
  bool is_gone = false;
  std::vector<Responder> kept;
  Client client(
      [&](App& a) {
        a.get("/descriptor", [&](const Request&) -> Task<Response> {
          const Witness witness(is_gone);
          co_await appserver::readable(sockets.fds[0]);
          co_return Response();
        });
        a.get("/thread", [&](const Request&, Responder r) { kept.push_back(std::move(r)); });
        a.get("/clock", [](const Request&) -> Task<Response> {
          for (;;) {
            co_await appserver::sleep(1s);
          }
        });
        a.get("/body", [](const Request&, ResponseStream& out) -> Task<> {
          co_await out.write("begun");
          co_await appserver::client_gone();
        });
      },
      {.patience = {.answer = 10ms}});
  CHECK(failure_of(client, "/descriptor") ==
        "nobody answered GET /descriptor: the app waits for descriptor " +
            std::to_string(sockets.fds[0]) + " to become readable");
  CHECK(is_gone);
  CHECK(failure_of(client, "/thread") ==
        "nobody answered GET /thread: the app waits for nothing but other threads");
  CHECK(failure_of(client, "/clock") ==
        "nobody answered GET /clock: the app waits for time to pass");
  CHECK(failure_of(client, "/body") ==
        "nobody went on with the body of GET /body: the app waits for nothing but other threads");
  REQUIRE(kept.size() == 1);
  CHECK(kept[0].is_cancelled());
  CHECK(kept[0].request().target() == "/thread");
  CHECK_FALSE(kept[0].respond(appserver::text("too late")));
  kept.clear();
}

TEST_CASE("testing: run_blocking gives what the function returns, or throws what it throws") {
  Client client([](App& a) {
    a.get("/value", [](const Request&) -> Task<Response> {
      co_return appserver::text(co_await appserver::run_blocking([] { return std::string("v"); }));
    });
    a.get("/error", [](const Request&) -> Task<Response> {
      co_await appserver::run_blocking([] { throw appserver::HttpError(409, "in use"); });
      co_return Response();
    });
  });
  CHECK(client.get("/value").body == "v");
  CHECK(client.get("/error").status == 409);
}

TEST_CASE("testing: a Responder answers at once, or from a thread of the app") {
  std::vector<std::thread> threads;
  Client client([&threads](App& a) {
    a.get("/now", [](const Request&, Responder r) {
      CHECK(r.respond(appserver::text("now")));
      CHECK_FALSE(r.respond(appserver::text("again")));
    });
    a.get("/thread", [&threads](const Request&, Responder responder) {
      threads.emplace_back([r = std::move(responder)]() mutable {
        r.respond(appserver::text("from " + std::string(r.request().path())));
      });
    });
    a.on_worker_stop([&threads](const Worker&) {
      for (std::thread& each : threads) {
        each.join();
      }
    });
  });
  CHECK(client.get("/now").body == "now");
  CHECK(client.log().back().text == "Responder: a request was answered twice");
  for (int i = 0; i < 100; ++i) {
    REQUIRE(client.get("/thread").body == "from /thread");
  }
}

TEST_CASE("testing: a request that nobody answers is 500, and the log says why, as on the server") {
  Client client([](App& a) {
    a.get("/forgotten", [](const Request&, Responder) {});
    a.get("/thrown", [](const Request&) -> Task<Response> {
      co_await appserver::sleep(1s);
      throw std::runtime_error("kaputt");
    });
    a.get("/illegal", [](const Request&) -> Task<Response> {
      co_return appserver::text("x").header("X", "a\r\nb");
    });
  });
  const auto last = [&client] { return client.log().back().text; };
  CHECK(client.get("/forgotten").status == 500);
  CHECK(
      last() ==
      "request failed: GET /forgotten: nobody answered the request, and nobody is left who could");
  CHECK(client.get("/thrown").status == 500);
  CHECK(last() == "request failed: GET /thrown: kaputt");
  CHECK(client.get("/illegal").body == "500 Internal Server Error\n");
  CHECK(last() == "request failed: GET /illegal: value of field \"X\" contains CR, LF or NUL");
}

TEST_CASE("testing: a client that leaves cancels what is done for it, at its time") {
  bool is_gone = false;
  std::optional<Responder> kept;
  std::chrono::nanoseconds told_after{0};
  Client client([&](App& a) {
    a.get("/coroutine", [&is_gone](const Request&) -> Task<Response> {
      const Witness witness(is_gone);
      co_await appserver::sleep(1h);
      co_return appserver::text("x");
    });
    a.get("/responder", [&](const Request& r, Responder responder) {
      kept.emplace(std::move(responder));
      kept->on_cancel([&told_after, clock = r.clock(), start = r.clock().now()] {
        told_after = clock.now() - start;
      });
    });
  });
  client.leave_after(59min);
  const Reply left = client.get("/coroutine");
  CHECK(left.status == 0);
  CHECK_FALSE(left.is_complete);
  CHECK(is_gone);
  CHECK(client.get("/coroutine").status == 200);  // the one after it stays
  client.leave_after(61min);
  CHECK(client.get("/coroutine").status == 200);
  client.leave_after(3s);
  CHECK(client.get("/responder").status == 0);
  CHECK(told_after == 3s);
  CHECK(kept->is_cancelled());
  kept.reset();  // Like all that belongs to the app: before the client, which is its server.
  CHECK(client.log().empty());
}

TEST_CASE("testing: a pushed stream is collected whole, or comes piece by piece") {
  bool is_gone = false;
  std::optional<ResponseStream> pushed;
  Client client([&](App& a) {
    a.get("/ticks", [&is_gone](const Request&, ResponseStream& out) -> Task<> {
      const Witness witness(is_gone);
      out.head(Response().header("Content-Type", "text/x"));
      for (int i = 0; i < 5; ++i) {
        co_await out.write(std::to_string(i));
        co_await out.flush();
        co_await appserver::sleep(1min);
      }
    });
    a.get("/broken", [](const Request&, ResponseStream& out) -> Task<> {
      co_await out.write("half");
      co_await appserver::sleep(1s);
      throw std::runtime_error("dried up");
    });
    a.get("/pushed", [&](const Request&, Responder r) {
      pushed.emplace(r.start(appserver::text("")));
      pushed->push("a");
    });
  });
  const Reply whole = client.get("/ticks");
  CHECK(whole.body == "01234");
  CHECK(whole.is_complete);
  CHECK(whole.header("Content-Type") == "text/x");
  CHECK(is_gone);
  CHECK(client.head("/ticks").status == 200);

  is_gone = false;
  auto ticks = client.open("GET", "/ticks");
  CHECK(ticks.next() == "0");
  CHECK(ticks.next() == "1");
  CHECK_FALSE(is_gone);
  ticks.close();
  CHECK(is_gone);

  client.leave_after(150s);
  const Reply some = client.get("/ticks");
  CHECK(some.body == "012");
  CHECK_FALSE(some.is_complete);

  CHECK_FALSE(client.get("/broken").is_complete);
  CHECK(client.log().back().text == "dried up");

  auto stream = client.open("GET", "/pushed");
  CHECK(stream.next() == "a");
  pushed->push("b");
  CHECK(stream.next() == "b");
  pushed->finish();
  CHECK_FALSE(stream.next().has_value());
  pushed.reset();
}

TEST_CASE("testing: a worker that stops gives what still works the time to come to its end") {
  bool is_gone = false;
  {
    Client client([&is_gone](App& a) {
      a.get("/", [&is_gone](const Request&, ResponseStream& out) -> Task<> {
        const Witness witness(is_gone);
        out.begin();
        co_await appserver::sleep(20s);
      });
    });
    CHECK(client.head("/").status == 200);
    CHECK_FALSE(is_gone);
  }
  CHECK(is_gone);
}

TEST_CASE("testing: a coroutine reads its body as it is sent") {
  int pieces = 0;
  bool is_gone = false;
  Client client([&](App& a) {
    a.post("/", [&](const Request&, appserver::BodyReader& body) -> Task<Response> {
      const Witness witness(is_gone);
      std::string all;
      while (const auto piece = co_await body.read()) {
        ++pieces;
        all.append(*piece).append("|");
      }
      co_return appserver::text(all);
    });
    a.post("/first", [](const Request&, appserver::BodyReader& body) -> Task<Response> {
      const auto piece = co_await body.read();
      co_return appserver::text(std::string(piece.value_or("nothing"))).status(202);
    });
  });
  CHECK(client.post("/", "whole").body == "whole|");
  CHECK(client.post("/", "").body.empty());
  CHECK(is_gone);

  pieces = 0;
  auto upload = client.start("POST", "/", {{"Content-Length", "4"}});
  upload.send("ab");
  CHECK(pieces == 1);
  upload.send("cd");
  CHECK(pieces == 2);
  CHECK_FALSE(upload.is_answered());
  CHECK(upload.finish().body == "ab|cd|");

  auto refused = client.start("POST", "/first", {{"Content-Length", "4"}});
  refused.send("ab");
  CHECK(refused.is_answered());
  CHECK(refused.finish().status == 202);
  CHECK(client.post("/first", "").body == "nothing");
}
