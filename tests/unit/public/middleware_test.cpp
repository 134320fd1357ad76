#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include "unit/public/fake_host.h"

using appserver::App;
using appserver::Group;
using appserver::HttpError;
using appserver::Next;
using appserver::Request;
using appserver::Response;

namespace {

// A middleware that writes its name in front of and behind what is inside of it.
auto wraps(std::string name) {
  return [name = std::move(name)](const Request& request, const Next& next) {
    Response response = next(request);
    return response.body(name + "(" + response.body() + ")");
  };
}

auto throws(std::string what) {
  return [what = std::move(what)](const Request&) -> Response { throw std::runtime_error(what); };
}

struct Denied : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace

TEST_CASE("Middleware: it runs around the handler, the app's first, in the order of use()") {
  LoadedApp app([](App& a) {
    a.get("/early", says("early"));  // declared before: the order does not matter
    a.use(wraps("a")).use(wraps("b"));
    a.get("/", says("x"));
    a.group("/g", [](Group& g) {
      g.use(wraps("g")).get("/x", says("x")).get("", says("index"));
      g.group("/h", [](Group& h) { h.use(wraps("h")).get("/x", says("x")); });
    });
  });
  CHECK(app.get("/early") == "a(b(early))");
  CHECK(app.get("/") == "a(b(x))");
  CHECK(app.get("/g/x") == "a(b(g(x)))");
  CHECK(app.get("/g") == "a(b(g(index)))");
  CHECK(app.get("/g/h/x") == "a(b(g(h(x))))");
}

TEST_CASE("Middleware: it can answer by itself, and what is inside does not run then") {
  bool ran = false;
  LoadedApp app([&ran](App& a) {
    a.use([](const Request& request, const Next& next) {
      return request.header("X-Key") ? next(request) : appserver::error_response(403);
    });
    a.get("/", [&ran](const Request&) {
      ran = true;
      return appserver::text("in");
    });
  });
  CHECK(app.send("GET", "/").status == 403);
  CHECK_FALSE(ran);
  CHECK(app.send("GET", "/", {{"X-Key", "1"}}).body == "in");
}

TEST_CASE("Middleware: a function with state may change it, and may own what cannot be copied") {
  LoadedApp app([](App& a) {
    a.use([count = std::make_unique<int>(0)](const Request& r, const Next& next) mutable {
      return next(r).header("X-Count", std::to_string(++*count));
    });
    a.get("/", says("x"));
  });
  CHECK(app.send("GET", "/").header("X-Count") == "1");
  CHECK(app.send("GET", "/").header("X-Count") == "2");
}

TEST_CASE("Middleware: what it attaches the handler finds, by type, for this request only") {
  struct User {
    std::string name;
  };
  LoadedApp app([](App& a) {
    a.use([](const Request& r, const Next& next) {
      if (const auto name = r.header("X-User")) {
        r.attach(User{"old"});
        r.attach(User{std::string(*name)});
        r.attach(7);
      }
      return next(r);
    });
    a.get("/", [](const Request& r) {
      const User* user = r.attached<User>();
      return appserver::text(user == nullptr ? "nobody" : user->name);
    });
  });
  CHECK(app.send("GET", "/", {{"X-User", "eve"}}).body == "eve");
  CHECK(app.get("/") == "nobody");
}

TEST_CASE("Middleware: an HttpError is a response already when next() returns") {
  LoadedApp app([](App& a) {
    a.use([](const Request& r, const Next& next) { return next(r).header("X-Seen", "yes"); });
    a.get("/", [](const Request&) -> Response { throw HttpError(409, "no"); });
    a.group("/in")
        .use([](const Request&, const Next&) -> Response { throw HttpError(401); })
        .get("/x", says("x"));
  });
  const Answer answer = app.send("GET", "/");
  CHECK(answer.status == 409);
  CHECK(answer.body == "no");
  CHECK(answer.header("X-Seen") == "yes");
  CHECK(app.send("GET", "/in/x").status == 401);
  CHECK(app.send("GET", "/in/x").header("X-Seen") == "yes");
}

TEST_CASE("Middleware: other exceptions pass, and are the server's to answer") {
  LoadedApp app([](App& a) {
    a.use([](const Request& r, const Next& next) { return next(r); });
    a.get("/", throws("kaputt"));
  });
  const Answer answer = app.send("GET", "/");
  CHECK(answer.handle_result == APPSERVER_FAILED);
  CHECK_FALSE(answer.responded);
  CHECK(app.host().error() == "kaputt");
}

TEST_CASE("on_error: the innermost handler for the type makes the response, inside the layers") {
  LoadedApp app([](App& a) {
    a.use(wraps("a"));
    a.on_error([](const Request& r, const std::exception& error) {
      return appserver::text(std::string(r.path()) + ":" + error.what()).status(500);
    });
    a.get("/outer", throws("out"));
    Group g = a.group("/g");
    g.use(wraps("g"));
    g.on_error<Denied>([](const Denied& e) { return appserver::text(e.what()).status(403); });
    g.get("/denied", [](const Request&) -> Response { throw Denied("denied"); });
    g.get("/other", throws("other"));
    g.get("/ok", says("ok"));
  });
  CHECK(app.send("GET", "/outer").status == 500);
  CHECK(app.get("/outer") == "a(/outer:out)");
  CHECK(app.send("GET", "/g/denied").status == 403);
  CHECK(app.get("/g/denied") == "a(g(denied))");
  CHECK(app.get("/g/other") == "a(g(/g/other:other))");
  CHECK(app.get("/g/ok") == "a(g(ok))");
  CHECK(app.host().error().empty());
}

TEST_CASE("on_error: a handler may leave the error to the group around, or throw another one") {
  LoadedApp app([](App& a) {
    a.on_error<Denied>([](const Denied&) -> Response { throw HttpError(403, "app"); });
    a.on_error<std::logic_error>([](const std::logic_error&) { return appserver::status(418); });
    Group g = a.group("/g");
    g.on_error<Denied>([](const Denied&) -> Response { throw; });
    g.on_error<std::exception>(
        [](const std::exception&) -> Response { throw std::logic_error("worse"); });
    g.get("/denied", [](const Request&) -> Response { throw Denied("denied"); });
    g.get("/worse", throws("bad"));
  });
  CHECK(app.send("GET", "/g/denied").status == 403);
  CHECK(app.send("GET", "/g/denied").body == "app");
  CHECK(app.send("GET", "/g/worse").status == 418);
}

TEST_CASE("on_error: an HttpError is given only to handlers that ask for it by name") {
  struct Gone : HttpError {
    Gone() : HttpError(410, "moved out") {}
  };
  LoadedApp app([](App& a) {
    a.on_error([](const std::exception&) { return appserver::status(500); });
    a.get("/plain", [](const Request&) -> Response { throw HttpError(404, "plain"); });
    a.group("/own")
        .on_error<Gone>([](const Gone& e) { return appserver::html(e.what()).status(e.status()); })
        .on_error<HttpError>([](const HttpError& e) { return appserver::json(e.what()); })
        .get("/gone", [](const Request&) -> Response { throw Gone(); })
        .get("/other", [](const Request&) -> Response { throw HttpError(404, "other"); });
  });
  CHECK(app.send("GET", "/plain").status == 404);
  CHECK(app.send("GET", "/own/gone").header("Content-Type") == "text/html; charset=utf-8");
  CHECK(app.send("GET", "/own/other").body == "other");
  CHECK(app.send("GET", "/own/other").header("Content-Type") == "application/json");
}

TEST_CASE("on_error: what is thrown and is no std::exception stays the server's to answer") {
  LoadedApp app([](App& a) {
    a.on_error([](const std::exception&) { return appserver::status(418); });
    a.get("/", [](const Request&) -> Response { throw 42; });
  });
  CHECK(app.send("GET", "/").handle_result == APPSERVER_FAILED);
  CHECK(app.host().error() == "unknown exception");
}

TEST_CASE("use: middleware cannot be added when the app is complete") {
  LoadedApp app([](App& a) {
    a.on_load([&a] { a.use(wraps("late")); });
    a.on_load([&a] { a.group("/late").get("/", says("")); });
  });
  const appserver_app& d = *app.description();
  CHECK(d.on_load(d.state) == APPSERVER_FAILED);
  CHECK(app.host().error().find("APPSERVER_APP") != std::string::npos);
}
