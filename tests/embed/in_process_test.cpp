// A server on a thread of a program that is not its own. (This one: a test program with threads.)
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include <doctest/doctest.h>
#include <ev.h>

#include <appserver/server.hpp>

#include "embed/in_process_server.h"
#include "support/http_client.h"
#include "support/load_client.h"

using namespace appserver::test;
using appserver::App;
using appserver::Outcome;
using appserver::Request;
using appserver::Server;
using appserver::ServerOptions;
using appserver::text;

namespace {

void declare_hello(App& app) {
  app.get("/", [](const Request&) { return text("hello"); });
  app.get("/sleep/{ms}", [](const Request& request) {
    std::this_thread::sleep_for(milliseconds(std::stoi(std::string(request.param("ms")))));
    return text("slept");
  });
}

}  // namespace

TEST_CASE("in process: an app that is linked in is served, and a stop is no error") {
  InProcessServer running(declare_hello);
  CHECK(get(running.address(), "/").body == "hello");
  CHECK(get(running.address(), "/healthz").status == 200);
  running.server.stop();
  const Outcome outcome = running.wait();
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.why.empty());
  CHECK(running.log.text().find("server: stopping gracefully") != std::string::npos);
}

TEST_CASE("in process: an app that is a file is served") {
  InProcessServer running(std::string(APPSERVER_EXAMPLES "/hello/hello.so"));
  CHECK(get(running.address(), "/").body == "Hello, World!");
  running.server.stop();
  CHECK(running.wait().exit_code == 0);
}

TEST_CASE("in process: a graceful stop answers what is under way, and turns newcomers away") {
  InProcessServer running(declare_hello);
  const Address address = running.address();
  HttpClient client(address);
  client.send("GET /sleep/300 HTTP/1.1\r\nHost: a\r\n\r\n");
  HttpClient idle(address);
  CHECK(idle.get("/").status == 200);
  running.server.stop();
  CHECK(client.read_response().body == "slept");
  CHECK(running.wait().exit_code == 0);
  CHECK(idle.wait_for_end() == Ending::Closed);
  CHECK_THROWS(HttpClient(address, 1s));
}

TEST_CASE("in process: a stop under load loses no request") {
  InProcessServer running(declare_hello);
  LoadClient load(running.address(), "/", 8);
  load.wait_for_answers(2000);
  running.server.stop();
  CHECK(running.wait().exit_code == 0);
  const LoadCounts counts = load.stop();
  CAPTURE(counts.text());
  CHECK(counts.resets == 0);
  CHECK(counts.unannounced_closes == 0);
  CHECK(counts.malformed == 0);
}

TEST_CASE("in process: a quick stop does not wait for clients, but for the handler that runs") {
  InProcessServer running(declare_hello);
  HttpClient client(running.address());
  client.send("GET /sleep/200 HTTP/1.1\r\nHost: a\r\n\r\n");
  HttpClient half(running.address());
  half.send("GET / HTTP/1.1\r\nHo");
  std::this_thread::sleep_for(50ms);  // The handler runs; a stop before that is a test as well.
  const auto start = std::chrono::steady_clock::now();
  running.server.quick_stop();
  CHECK(running.wait().exit_code == 0);
  CHECK(std::chrono::steady_clock::now() - start < 5s);
}

TEST_CASE("in process: handler threads that run are waited for") {
  ServerOptions options = on_free_port();
  options.threads = 2;
  InProcessServer running(declare_hello, options);
  HttpClient client(running.address());
  client.send("GET /sleep/200 HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(get(running.address(), "/").body == "hello");
  running.server.quick_stop();
  CHECK(running.wait().exit_code == 0);
}

TEST_CASE("in process: a handler over its time is complained of, and ends nothing") {
  ServerOptions options = on_free_port();
  options.timeout = 50ms;
  InProcessServer running(declare_hello, options);
  CHECK(get(running.address(), "/sleep/300").body == "slept");
  eventually(5s, "the log tells", [&] {
    return running.log.text().find("a handler has exceeded its time") != std::string::npos;
  });
}

TEST_CASE("in process: while a handler blocks, others are read and probes are answered") {
  InProcessServer running(declare_hello);
  HttpClient slow(running.address());
  slow.send("GET /sleep/400 HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(get(running.address(), "/").status == 200);  // Perhaps before, perhaps after it.
  CHECK(get(running.address(), "/healthz").status == 200);
  CHECK(slow.read_response().body == "slept");
}

TEST_CASE("in process: several servers serve at the same time, each its own app") {
  InProcessServer one([](App& app) { app.get("/", [](const Request&) { return text("one"); }); });
  InProcessServer two([](App& app) { app.get("/", [](const Request&) { return text("two"); }); });
  LoadClient load_one(one.address(), "/", 4);
  LoadClient load_two(two.address(), "/", 4);
  load_one.wait_for_answers(1000);
  load_two.wait_for_answers(1000);
  const LoadCounts first = load_one.stop();
  const LoadCounts second = load_two.stop();
  CHECK(first.failed() == 0);
  CHECK(second.failed() == 0);
  CHECK(first.answered.size() == 1);
  CHECK(first.answered.count("one") == 1);
  CHECK(second.answered.count("two") == 1);
  one.server.stop();
  CHECK(one.wait().exit_code == 0);
  CHECK(get(two.address(), "/").body == "two");
}

namespace {

// A loop of the program's own, with something of its own on it.
struct OwnLoop {
  struct ev_loop* loop = ev_loop_new(EVBACKEND_EPOLL);
  ev_timer timer{};
  int ticks = 0;

  OwnLoop() {
    ev_timer_init(
        &timer, [](struct ev_loop*, ev_timer* w, int) { ++*static_cast<int*>(w->data); }, 0.01,
        0.01);
    timer.data = &ticks;
    ev_timer_start(loop, &timer);
  }
  OwnLoop(const OwnLoop&) = delete;
  OwnLoop& operator=(const OwnLoop&) = delete;
  ~OwnLoop() { ev_loop_destroy(loop); }
};

}  // namespace

TEST_CASE("in process: on a loop of the program's own, that one's watchers are served, too") {
  OwnLoop own;
  {
    InProcessServer running(declare_hello, on_free_port(), own.loop);
    const Address address = running.address();
    const auto until = std::chrono::steady_clock::now() + 10s;
    int answers = 0;
    HttpClient client(address);
    while (answers < 20 && std::chrono::steady_clock::now() < until) {
      answers += client.get("/sleep/10").status == 200 ? 1 : 0;
    }
    running.server.stop();
    CHECK(running.wait().exit_code == 0);
    CHECK(answers == 20);
  }
  CHECK(own.ticks >= 3);
  const int before = own.ticks;
  ev_run(own.loop, EVRUN_ONCE);  // It is the program's again, and still works.
  CHECK(own.ticks > before);
}

TEST_CASE("in process: who holds a loop of the program's own for long is told") {
  OwnLoop own;
  ServerOptions options = on_free_port();
  options.blocked_loop = 50ms;
  InProcessServer running(declare_hello, options, own.loop);
  CHECK(get(running.address(), "/sleep/200").body == "slept");
  CHECK(running.log.text().find("the event loop is being held") != std::string::npos);
  running.server.stop();
  CHECK(running.wait().exit_code == 0);
}

TEST_CASE("in process: a Server serves again after it was stopped, with a fresh app") {
  int set_ups = 0;
  Server server(on_free_port(), {.log = [](appserver::LogLevel, std::string_view) {}});
  for (int turn = 1; turn <= 2; ++turn) {
    server.stop();  // Is heard by the next call.
    const Outcome outcome = server.serve_in_process([&set_ups](App&) { ++set_ups; });
    CHECK(outcome.exit_code == 0);
    CHECK(set_ups == turn);
  }
}

TEST_CASE("in process: hooks run, and what the app keeps is destroyed before the call returns") {
  std::string story;
  struct Kept {
    explicit Kept(std::string& tells) : story(tells) {}
    Kept(const Kept&) = delete;
    Kept& operator=(const Kept&) = delete;
    ~Kept() { story += " gone"; }
    std::string& story;
  };
  Server server(on_free_port(), {.log = [](appserver::LogLevel, std::string_view) {}});
  server.stop();
  const Outcome outcome = server.serve_in_process([&story](App& app) {
    app.keep<Kept>(story);
    app.on_load([&story] { story += "load"; });
    app.on_worker_start([&story](const appserver::Worker&) { story += " start"; });
    app.on_worker_stop([&story](const appserver::Worker&) { story += " stop"; });
  });
  CHECK(outcome.exit_code == 0);
  CHECK(story == "load start stop gone");
}
