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

auto marks(std::string name) {
  return [name = std::move(name)](const Request& request, const Next& next) {
    return next(request).add_header("X-Through", name);
  };
}

std::string through(const Answer& answer) {
  std::string names;
  for (const auto& [name, value] : answer.headers) {
    names += name == "X-Through" ? value : "";
  }
  return names;
}

}  // namespace

TEST_CASE("Group: its prefix is in front of its patterns, and its parameters are theirs") {
  LoadedApp app([](App& a) {
    Group users = a.group("/users/{id}");
    users.get("", [](const Request& r) { return appserver::text(r.param("id")); });
    users.group("/posts").get("/{post}", [](const Request& r) {
      return appserver::text(std::string(r.param("id")) + "/" + std::string(r.param("post")));
    });
    users.get("/", says("slash"));
  });
  CHECK(app.get("/users/7") == "7");
  CHECK(app.get("/users/7/") == "slash");
  CHECK(app.get("/users/7/posts/9") == "7/9");
}

TEST_CASE("Group: a malformed prefix or pattern refuses the app and is named") {
  CHECK(refusal([](App& a) { a.group("/api/").get("/x", says("")); }).find("\"/api/\"") !=
        std::string::npos);
  CHECK(refusal([](App& a) { a.group("/{all*}").get("/x", says("")); }).find("rest") !=
        std::string::npos);
  CHECK(refusal([](App& a) { a.group("api").get("/x", says("")); }).find("\"api\"") !=
        std::string::npos);
  CHECK(refusal([](App& a) { a.group("/api").get("x", says("")); }).find("\"x\"") !=
        std::string::npos);
  CHECK(refusal([](App& a) { a.group("").get("", says("")); }).find("slash") != std::string::npos);
  CHECK(refusal([](App& a) {
          a.get("/a/b", says("")).group("/a").get("/b", says(""));
        }).find("/a/b") != std::string::npos);
}

TEST_CASE("Group: an empty prefix makes a group that only has its own middleware") {
  LoadedApp app([](App& a) {
    a.group("").use(marks("in")).get("/guarded", says("x"));
    a.get("/open", says("x"));
  });
  CHECK(through(app.send("GET", "/guarded")) == "in");
  CHECK(through(app.send("GET", "/open")).empty());
  CHECK(through(app.send("GET", "/nowhere")).empty());
  CHECK(through(app.send("POST", "/guarded")) == "in");
  CHECK(through(app.send("OPTIONS", "/guarded")) == "in");
}

TEST_CASE("Group: a path without a route belongs to the group with the longest prefix") {
  LoadedApp app([](App& a) {
    a.use(marks("a"));
    a.group("/api").use(marks("1"));
    a.group("/api").use(marks("2"));
    a.group("/api/{v}/deep").use([](const Request& r, const Next& next) {
      return next(r).add_header("X-Through", std::string(r.param("v")));
    });
  });
  CHECK(through(app.send("GET", "/x")) == "a");
  CHECK(through(app.send("GET", "/apix")) == "a");
  CHECK(through(app.send("GET", "/api")) == "1a");
  CHECK(through(app.send("GET", "/api/x/y")) == "1a");
  CHECK(through(app.send("GET", "/api/v1/deep/x")) == "v1a");
  CHECK(app.send("GET", "/api/v1/deep/x").status == 404);
  CHECK(through(app.send("GET", "/api//deep")) == "1a");
}

TEST_CASE("Group: what is no path at all passes through the app's middleware") {
  LoadedApp app([](App& a) { a.use(marks("a")).get("/", says("x")); });
  CHECK(app.send("GET", "/%zz").status == 400);
  CHECK(through(app.send("GET", "/%zz")) == "a");
  CHECK(through(app.send("OPTIONS", "*")) == "a");
  CHECK(app.send("OPTIONS", "*").header("Allow") == "GET, HEAD, OPTIONS");
  CHECK(app.send("GET", "*").status == 404);
}

TEST_CASE("not_found: each group may have its own, and the nearest one outside counts") {
  LoadedApp app([](App& a) {
    a.not_found([](const Request& r) {
      return appserver::html("<p>" + std::string(r.path())).status(404);
    });
    Group api = a.group("/api");
    api.not_found([](const Request&) { return appserver::json("{}").status(404); });
    api.group("/v1").get("/x", says("x"));
    a.group("/odd").not_found([](const Request&) -> Response { throw HttpError(410, "odd"); });
    a.post("/form", says("posted"));
  });
  CHECK(app.get("/nowhere") == "<p>/nowhere");
  CHECK(app.send("GET", "/nowhere").status == 404);
  CHECK(app.get("/api/nowhere") == "{}");
  CHECK(app.get("/api/v1/nowhere") == "{}");
  CHECK(app.send("GET", "/odd/x").status == 410);
  CHECK(app.send("GET", "/form").status == 405);
  CHECK(app.send("GET", "/%zz").status == 400);
}

TEST_CASE("method_not_allowed: it gets the Allow field unless it has one") {
  LoadedApp app([](App& a) {
    a.method_not_allowed([](const Request&) { return appserver::json("{}").status(405); });
    a.get("/x", says("x"));
    Group own = a.group("/own");
    own.method_not_allowed(
        [](const Request&) { return appserver::status(405).header("Allow", "BREW"); });
    own.get("/x", says("x"));
  });
  const Answer answer = app.send("POST", "/x");
  CHECK(answer.status == 405);
  CHECK(answer.body == "{}");
  CHECK(answer.header("Allow") == "GET, HEAD, OPTIONS");
  CHECK(app.send("POST", "/own/x").header("Allow") == "BREW");
  CHECK(app.send("OPTIONS", "/x").status == 204);
}
