#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "unit/public/fake_host.h"

using appserver::App;
using appserver::HttpError;
using appserver::Request;
using appserver::Response;
using appserver::Worker;
using appserver::detail::Entry;

namespace {

constexpr appserver_worker_info kWorker{sizeof(appserver_worker_info), 3, 2, 0};

// Makes the host's table end right before `field_offset`, as an older server's would.
void shorten(FakeHost& host, std::size_t field_offset) {
  host.table().size = static_cast<std::uint32_t>(field_offset);
}

}  // namespace

TEST_CASE("Entry: the description says what the app is and leaves out what it lacks") {
  LoadedApp app([](App& a) { a.get("/", says("x")); });
  const appserver_app& d = *app.description();
  CHECK(d.size == sizeof(appserver_app));
  CHECK(d.abi_major == 1);
  CHECK(d.abi_minor == APPSERVER_ABI_MINOR);
  CHECK(d.name == nullptr);
  CHECK(d.version == nullptr);
  CHECK(d.flags == 0);
  CHECK((d.on_load == nullptr));
  CHECK((d.on_worker_start == nullptr));
  CHECK((d.on_worker_stop == nullptr));
  CHECK((d.on_release_retire == nullptr));
  CHECK((d.handle != nullptr));
  REQUIRE(d.toolchain != nullptr);
  CHECK(std::string(d.toolchain).find("lib") != std::string::npos);
  LoadedApp named([](App& a) { a.name("shop").version("2.1"); });
  CHECK(std::strcmp(named.description()->name, "shop") == 0);
  CHECK(std::strcmp(named.description()->version, "2.1") == 0);
}

TEST_CASE("Entry: the routes are listed in the order of declaration") {
  LoadedApp app([](App& a) { a.get("/b/{id}", says("")).any("/a", says("")); });
  const appserver_app& d = *app.description();
  CHECK(d.get_extension(d.state, "appserver.unknown/1") == nullptr);
  const auto* routes =
      static_cast<const appserver_routes*>(d.get_extension(d.state, APPSERVER_ROUTES_EXTENSION));
  REQUIRE(routes != nullptr);
  CHECK(routes->size == sizeof(appserver_routes));
  REQUIRE(routes->count == 2);
  CHECK(std::strcmp(routes->routes[0].method, "GET") == 0);
  CHECK(std::strcmp(routes->routes[0].pattern, "/b/{id}") == 0);
  CHECK(std::strcmp(routes->routes[1].method, "*") == 0);
  CHECK(std::strcmp(routes->routes[1].pattern, "/a") == 0);
}

TEST_CASE("Entry: an app is told that its worker leaves only if it wants to know") {
  const auto leaving_of = [](const appserver_app& d) {
    return static_cast<const appserver_leaving*>(
        d.get_extension(d.state, APPSERVER_LEAVING_EXTENSION));
  };
  LoadedApp silent([](App& a) { a.get("/", says("")); });
  CHECK(leaving_of(*silent.description()) == nullptr);
  unsigned slot = 0;
  LoadedApp app([&slot](App& a) {
    a.on_worker_leave([&slot](const Worker& w) { slot = w.slot(); });
    a.on_worker_leave([](const Worker&) { throw std::runtime_error("stuck"); });
  });
  const appserver_leaving* leaving = leaving_of(*app.description());
  REQUIRE(leaving != nullptr);
  leaving->on_worker_leave(app.description()->state, &kWorker);
  CHECK(slot == 3);
  CHECK(app.host().logged().at(0).second == "on_worker_leave: stuck");
}

TEST_CASE("Entry: hooks run in order and learn which worker they run in") {
  std::vector<std::string> calls;
  LoadedApp app([&calls](App& a) {
    a.on_load([&calls] { calls.emplace_back("load"); });
    a.on_load([&calls, log = a.log()] {
      calls.emplace_back("load again");
      log.warning("careful");
    });
    a.on_worker_start([&calls](const Worker& w) {
      calls.push_back("start " + std::to_string(w.slot()) + " " + std::to_string(w.generation()));
      w.log().info("here");
    });
    a.on_worker_stop(
        [&calls](const Worker& w) { calls.push_back("stop " + std::to_string(w.slot())); });
    a.on_release_retire([&calls] { calls.emplace_back("retire"); });
  });
  const appserver_app& d = *app.description();
  CHECK(d.on_load(d.state) == APPSERVER_OK);
  CHECK(d.on_worker_start(d.state, &kWorker) == APPSERVER_OK);
  d.on_worker_stop(d.state, &kWorker);
  d.on_release_retire(d.state);
  CHECK(calls == std::vector<std::string>{"load", "load again", "start 3 2", "stop 3", "retire"});
  CHECK(app.host().logged() ==
        std::vector<std::pair<int, std::string>>{{APPSERVER_LOG_WARNING, "careful"},
                                                 {APPSERVER_LOG_INFO, "here"}});
}

TEST_CASE("Entry: an exception fails its hook with what() as the reason") {
  bool second_ran = false;
  LoadedApp app([&second_ran](App& a) {
    a.on_load([] { throw std::runtime_error("no price list"); });
    a.on_load([&second_ran] { second_ran = true; });
    a.on_worker_start([](const Worker&) { throw 42; });
    a.on_worker_stop([](const Worker&) { throw std::runtime_error("stuck"); });
    a.on_release_retire([] { throw std::runtime_error(std::string(2000, 'x')); });
  });
  const appserver_app& d = *app.description();
  CHECK(d.on_load(d.state) == APPSERVER_FAILED);
  CHECK(app.host().error() == "no price list");
  CHECK_FALSE(second_ran);
  CHECK(d.on_worker_start(d.state, &kWorker) == APPSERVER_FAILED);
  CHECK(app.host().error() == "unknown exception");
  d.on_worker_stop(d.state, &kWorker);
  d.on_release_retire(d.state);
  REQUIRE(app.host().logged().size() == 2);
  CHECK(app.host().logged()[0].second == "on_worker_stop: stuck");
  CHECK(app.host().logged()[1].second == "on_release_retire: " + std::string(492, 'x'));
}

TEST_CASE("Entry: a handler's exception is reported and left to the server to answer") {
  LoadedApp app([](App& a) {
    a.get("/std", [](const Request&) -> Response { throw std::runtime_error("kaputt"); });
    a.get("/int", [](const Request&) -> Response { throw 42; });
    a.get("/ok", says("ok"));
  });
  const Answer failed = app.send("GET", "/std");
  CHECK(failed.handle_result == APPSERVER_FAILED);
  CHECK_FALSE(failed.responded);
  CHECK(app.host().error() == "kaputt");
  CHECK(app.send("GET", "/int").handle_result == APPSERVER_FAILED);
  CHECK(app.host().error() == "unknown exception");
  CHECK(app.get("/ok") == "ok");
}

TEST_CASE("Entry: an HttpError becomes its response and is no failure") {
  LoadedApp app([](App& a) {
    a.get("/a", [](const Request&) -> Response { throw HttpError(409, "try again"); });
    a.get("/b", [](const Request&) -> Response { throw HttpError(403); });
  });
  const Answer conflict = app.send("GET", "/a");
  CHECK(conflict.handle_result == APPSERVER_OK);
  CHECK(conflict.status == 409);
  CHECK(conflict.body == "try again");
  CHECK(conflict.header("Content-Type") == "text/plain; charset=utf-8");
  CHECK(app.send("GET", "/b").body == "Forbidden");
  CHECK(app.host().error().empty());
}

TEST_CASE("Entry: an exception in the set-up refuses the app with its text") {
  CHECK(refusal([](App&) { throw std::runtime_error("NOTES_DB is not set"); }) ==
        "NOTES_DB is not set");
  CHECK(refusal([](App&) { throw 42; }) == "unknown exception");
}

TEST_CASE("Entry: routes and hooks cannot be declared after the set-up") {
  LoadedApp app([](App& a) {
    a.on_load([&a] { a.get("/late", says("late")); });
    a.on_worker_start([&a](const Worker&) { a.on_load([] {}); });
  });
  const appserver_app& d = *app.description();
  CHECK(d.on_load(d.state) == APPSERVER_FAILED);
  CHECK(app.host().error().find("APPSERVER_APP") != std::string::npos);
  CHECK(d.on_worker_start(d.state, &kWorker) == APPSERVER_FAILED);
  CHECK(app.send("GET", "/late").status == 404);
}

TEST_CASE("Entry: kept objects live as long as the app and go in reverse order") {
  struct Witness {
    Witness(std::string name_of, std::string& trace_of)
        : name(std::move(name_of)), trace(trace_of) {}
    Witness(const Witness&) = delete;
    Witness& operator=(const Witness&) = delete;
    ~Witness() { trace += name; }
    std::string name;
    std::string& trace;
  };
  std::string trace;
  {
    LoadedApp app([&trace](App& a) {
      const Witness& first = a.keep<Witness>("1", trace);
      a.keep<Witness>("2", trace);
      a.get("/", [&first](const Request&) { return appserver::text(first.name); });
    });
    CHECK(app.get("/") == "1");
    CHECK(trace.empty());
  }
  CHECK(trace == "21");
}

TEST_CASE("Entry: an older server that lacks functions is served without them") {
  FakeHost host;
  shorten(host, offsetof(appserver_host, peer));
  host.table().abi_minor = 0;
  host.table().log = nullptr;
  Entry entry(&host.table(), [](App& a) {
    a.get("/", [](const Request& r) {
      r.log().error("goes nowhere");
      return appserver::text("[" + std::string(r.peer()) + std::string(r.id()) + "]");
    });
  });
  const appserver_app* d = entry.description();
  REQUIRE(d != nullptr);
  CHECK(send_request(*d, "GET", "/").body == "[]");
}

TEST_CASE("Entry: a newer server with a longer table is fine") {
  FakeHost host;
  host.table().size += 64;
  host.table().abi_minor = 9;
  Entry entry(&host.table(), [](App&) {});
  CHECK(entry.description() != nullptr);
}

TEST_CASE("Entry: a server that cannot take answers or has another major version is refused") {
  bool set_up_ran = false;
  const auto set_up = [&set_up_ran](App&) { set_up_ran = true; };
  FakeHost too_old;
  shorten(too_old, offsetof(appserver_host, respond));
  CHECK(Entry(&too_old.table(), set_up).description() == nullptr);
  CHECK(too_old.error().find("ABI 1.0") != std::string::npos);
  FakeHost other_major;
  other_major.table().abi_major = 2;
  CHECK(Entry(&other_major.table(), set_up).description() == nullptr);
  FakeHost mute;
  shorten(mute, 0);
  CHECK(Entry(&mute.table(), set_up).description() == nullptr);
  CHECK(Entry(nullptr, set_up).description() == nullptr);
  CHECK_FALSE(set_up_ran);
}
