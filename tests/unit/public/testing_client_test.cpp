#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <appserver/app.hpp>
#include <appserver/testing.hpp>

using appserver::App;
using appserver::HttpError;
using appserver::Request;
using appserver::Response;
using appserver::Worker;
using appserver::testing::Client;
using appserver::testing::Reply;

namespace {

Response show(const Request& request) {
  std::string text(request.method());
  text.append(" ").append(request.target()).append(" ").append(request.host());
  for (const auto field : request.headers()) {
    text.append("\n").append(field.name).append(": ").append(field.value);
  }
  return appserver::text(text.append("\n").append(request.body()));
}

}  // namespace

TEST_CASE("testing::Client: the app sees the request that a client would send") {
  Client client([](App& a) { a.any("/{all*}", show); });
  CHECK(client.get("/a?b=c", {{"X-A", "1"}}).body ==
        "GET /a?b=c localhost\nHost: localhost\nX-A: 1\n");
  CHECK(client.post("/", "body").body ==
        "POST / localhost\nHost: localhost\nContent-Length: 4\nbody");
  CHECK(client.put("/", "").body == "PUT / localhost\nHost: localhost\nContent-Length: 0\n");
  CHECK(client.get("/", {{"Host", "example.org:81"}, {"X_Y", "dropped"}}).body ==
        "GET / example.org:81\nHost: example.org:81\n");
  CHECK(client.patch("/", "x").status == 200);
  CHECK(client.del("/").status == 200);
  CHECK(client.options("*").header("Allow").find("GET") == 0);
  client.origin().peer = "[2001:db8::1]:5";
  client.origin().scheme = "https";
}

TEST_CASE("testing::Client: the answer is what the server would send") {
  Client client([](App& a) {
    a.get("/", [](const Request&) {
      return appserver::text("hello").header("Content-Length", "99").header("Connection", "close");
    });
    a.get("/none", [](const Request&) { return appserver::text("x").status(204); });
    a.get("/unknown-length",
          [](const Request&) { return Response().header("Content-Length", "7"); });
  });
  const Reply reply = client.get("/");
  CHECK(reply.status == 200);
  CHECK(reply.body == "hello");
  CHECK(reply.header("content-length") == "5");
  CHECK(reply.header("Connection") == "close");
  CHECK(reply.header("Date") == "Thu, 01 Jan 2026 00:00:00 GMT");
  CHECK(reply.header("Server") == "appserverd");
  const Reply head = client.head("/");
  CHECK(head.body.empty());
  CHECK(head.header("Content-Length") == "5");
  CHECK(client.head("/unknown-length").header("Content-Length") == "7");
  CHECK(client.get("/none").body.empty());
  CHECK_FALSE(client.get("/none").has_header("Content-Length"));
  CHECK(client.get("/missing").status == 404);
}

TEST_CASE("testing::Client: what the server would refuse is 500, and the log says why") {
  Client client([](App& a) {
    a.get("/split", [](const Request&) { return appserver::text("x").header("X", "a\r\nb"); });
    a.get("/name", [](const Request&) { return appserver::text("x").header("X Y", "a"); });
    a.get("/status", [](const Request&) { return appserver::status(99); });
    a.get("/throw", [](const Request&) -> Response { throw std::runtime_error("kaputt"); });
  });
  for (const char* target : {"/split", "/name", "/status", "/throw"}) {
    CAPTURE(target);
    CHECK(client.get(target).status == 500);
    CHECK(client.get(target).body == "500 Internal Server Error\n");
    REQUIRE_FALSE(client.log().empty());
    CHECK(client.log().back().level == APPSERVER_LOG_ERROR);
    CHECK(client.log().back().text.find(std::string("GET ") + target) != std::string::npos);
  }
  CHECK(client.log().back().text == "request failed: GET /throw: kaputt");
}

TEST_CASE("testing::Client: a mistake in the test is told") {
  Client client([](App& a) { a.get("/", show); });
  CHECK_THROWS_AS(client.get("no-slash"), std::invalid_argument);
  CHECK_THROWS_AS(client.get("/a b"), std::invalid_argument);
  CHECK_THROWS_AS(client.get("/a#b"), std::invalid_argument);
  CHECK_THROWS_AS(client.request("G T", "/"), std::invalid_argument);
  CHECK_THROWS_AS(client.get("/", {{"X", "a\nb"}}), std::invalid_argument);
  auto upload = client.start("PUT", "/", {{"Content-Length", "5"}});
  upload.send("four");
  CHECK_THROWS_AS(static_cast<void>(upload.finish()), std::logic_error);
  client.stop();
  CHECK_THROWS_AS(client.get("/"), std::logic_error);
}

TEST_CASE("testing::Client: an app that refuses to load, or to start, says why") {
  const auto reason = [](auto set_up) {
    try {
      const Client client(set_up);
    } catch (const std::runtime_error& error) {
      return std::string(error.what());
    }
    return std::string("none");
  };
  CHECK(reason([](App&) { throw std::runtime_error("no name"); }) ==
        "the app was refused: no name");
  CHECK(reason([](App& a) { a.on_load([] { throw std::runtime_error("no file"); }); }) ==
        "on_load failed: no file");
  CHECK(reason([](App& a) {
          a.on_worker_start([](const Worker&) { throw std::runtime_error("no database"); });
        }) == "on_worker_start failed: no database");
}

TEST_CASE("testing::Client: hooks run once, and the app's objects go with the client") {
  std::string trace;
  struct Witness {
    explicit Witness(std::string& text) : trace(text) {}
    Witness(const Witness&) = delete;
    Witness& operator=(const Witness&) = delete;
    ~Witness() { trace += "gone "; }
    std::string& trace;
  };
  {
    Client client(
        [&trace](App& a) {
          a.keep<Witness>(trace);
          a.on_load([&trace] { trace += "load "; });
          a.on_worker_start([&trace](const Worker& w) {
            trace += "start" + std::to_string(w.slot()) + std::to_string(w.generation()) + " ";
          });
          a.on_worker_leave([&trace](const Worker&) { trace += "leave "; });
          a.on_worker_stop([&trace](const Worker&) { trace += "stop "; });
        },
        {.slot = 3, .generation = 2});
    CHECK(trace == "load start32 ");
  }
  CHECK(trace == "load start32 leave stop gone ");
}

TEST_CASE("testing::Client: time stands still until the test moves it") {
  using namespace std::chrono_literals;
  using std::chrono::system_clock;
  Client client([](App& a) {
    auto& start = a.keep<appserver::Clock::Steady>(a.clock().now());
    a.get("/", [&start](const Request& r) {
      const auto wall = r.clock().wall().time_since_epoch();
      return appserver::text(std::to_string((r.clock().now() - start) / 1s) + " " +
                             std::to_string(wall / 1s));
    });
  });
  CHECK(client.get("/").body == "0 1767225600");
  client.time().advance(90s);
  CHECK(client.get("/").body == "90 1767225690");
  client.time().set_wall(system_clock::from_time_t(1000));
  CHECK(client.get("/").body == "90 1000");
  CHECK(client.get("/").header("Date") == "Thu, 01 Jan 1970 00:16:40 GMT");
}

TEST_CASE("testing::Client: cookies are kept and sent back as a browser does") {
  using namespace std::chrono_literals;
  Client client([](App& a) {
    a.get("/login", [](const Request&) {
      return appserver::text("in")
          .cookie({.name = "sid", .value = "7", .max_age = 1h})
          .cookie({.name = "deep", .value = "d", .path = "/deep"})
          .cookie({.name = "tls", .value = "s", .secure = true});
    });
    a.get("/logout", [](const Request&) {
      return appserver::text("out").cookie(appserver::expired({.name = "sid"}));
    });
    a.get("/{all*}",
          [](const Request& r) { return appserver::text(r.header("Cookie").value_or("none")); });
  });
  CHECK(client.get("/x").body == "none");
  client.get("/login");
  CHECK(client.cookies().value("sid") == "7");
  CHECK(client.get("/x").body == "sid=7");
  CHECK(client.get("/deep/x").body == "deep=d; sid=7");
  CHECK(client.get("/deeper").body == "sid=7");
  CHECK(client.get("/x", {{"Cookie", "own=1"}}).body == "own=1");
  CHECK(client.get("/x", {{"Host", "elsewhere"}}).body == "none");
  client.origin().scheme = "https";
  CHECK(client.get("/x").body == "sid=7; tls=s");
  client.time().advance(1h);
  CHECK(client.get("/x").body == "tls=s");
  client.get("/login");
  client.get("/logout");
  CHECK(client.get("/x").body == "tls=s");
  client.cookies().clear();
  CHECK(client.get("/deep").body == "none");
}

TEST_CASE("testing::Client: the limit of the server holds for bodies that are collected") {
  Client client([](App& a) { a.post("/", show); }, {.body_limit = 10});
  CHECK(client.post("/", "0123456789").status == 200);
  CHECK(client.post("/", "0123456789a").status == 413);
  auto upload = client.start("POST", "/");
  upload.send("01234");
  CHECK_FALSE(upload.is_answered());
  upload.send("56789a");
  CHECK(upload.is_answered());
  CHECK(upload.finish().status == 413);
}

TEST_CASE("testing::Client: each client has an app of its own, also through appserver_app_v1") {
  // The app of macro_test.cpp, which is linked into this executable.
  Client one(appserver_app_v1);
  CHECK(one.get("/").body == "Hello, World!");
  {
    Client two(appserver_app_v1);
    CHECK(two.get("/").body == "Hello, World!");
  }
  CHECK(one.get("/").body == "Hello, World!");
}
