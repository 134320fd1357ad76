#include <string>

#include <doctest/doctest.h>

#include "unit/public/fake_host.h"

using appserver::App;
using appserver::Request;
using appserver::text;

TEST_CASE("Routing: a request reaches the handler of its method and path") {
  LoadedApp app([](App& a) {
    a.get("/thing", says("get")).head("/thing", says("head")).post("/thing", says("post"));
    a.put("/thing", says("put")).patch("/thing", says("patch")).del("/thing", says("delete"));
    a.options("/thing", says("options")).route("PROPFIND", "/thing", says("propfind"));
  });
  CHECK(app.send("GET", "/thing").body == "get");
  CHECK(app.send("HEAD", "/thing").body == "head");
  CHECK(app.send("POST", "/thing").body == "post");
  CHECK(app.send("PUT", "/thing").body == "put");
  CHECK(app.send("PATCH", "/thing").body == "patch");
  CHECK(app.send("DELETE", "/thing").body == "delete");
  CHECK(app.send("OPTIONS", "/thing").body == "options");
  CHECK(app.send("PROPFIND", "/thing").body == "propfind");
  CHECK(app.send("propfind", "/thing").status == 405);
}

TEST_CASE("Routing: a literal beats a parameter and a parameter beats the rest") {
  LoadedApp app([](App& a) {
    a.get("/{rest*}", says("rest")).get("/{id}", says("parameter")).get("/me", says("literal"));
  });
  CHECK(app.get("/me") == "literal");
  CHECK(app.get("/you") == "parameter");
  CHECK(app.get("/me/and/you") == "rest");
  CHECK(app.get("/") == "rest");
}

TEST_CASE("Routing: the search comes back from a branch that leads nowhere") {
  LoadedApp app([](App& a) {
    a.get("/a/b/c", says("literal")).get("/{x}/b/d", [](const Request& r) {
      return text("x=" + std::string(r.param("x")));
    });
    a.get("/{x}/{y}/{rest*}", [](const Request& r) {
      return text(std::string(r.param("x")) + "|" + std::string(r.param("y")) + "|" +
                  std::string(r.param("rest")));
    });
  });
  CHECK(app.get("/a/b/c") == "literal");
  CHECK(app.get("/a/b/d") == "x=a");
  CHECK(app.get("/a/b/e/f") == "a|b|e/f");
}

TEST_CASE("Routing: a value captured in a branch that leads nowhere is forgotten") {
  LoadedApp app([](App& a) {
    a.get("/{x}/only", says("only")).post("/{x}/{all*}", says("post"));
    a.get("/{all*}", [](const Request& r) { return text(r.param("all")); });
  });
  CHECK(app.get("/p/only") == "only");
  CHECK(app.get("/p/q") == "p/q");
}

TEST_CASE("Routing: the most specific pattern that has the method wins") {
  LoadedApp app([](App& a) {
    a.post("/a", says("post a")).get("/{x}", says("get x")).any("/any", says("any"));
    a.get("/any", says("get any")).any("/deep/{rest*}", says("fallback"));
    a.get("/deep/b", says("get b"));
  });
  CHECK(app.send("POST", "/a").body == "post a");
  CHECK(app.send("GET", "/a").body == "get x");
  CHECK(app.send("GET", "/any").body == "get any");
  CHECK(app.send("PUT", "/any").body == "any");
  CHECK(app.send("OPTIONS", "/any").body == "any");
  CHECK(app.send("GET", "/deep/b").body == "get b");
  CHECK(app.send("DELETE", "/deep/b").body == "fallback");
}

TEST_CASE("Routing: a trailing slash is significant and a parameter is never empty") {
  LoadedApp app([](App& a) {
    a.get("/a", says("no slash")).get("/b/", says("slash")).get("/c/{id}", says("c"));
    a.get("/d/{rest*}",
          [](const Request& r) { return text("[" + std::string(r.param("rest")) + "]"); });
  });
  CHECK(app.get("/a") == "no slash");
  CHECK(app.send("GET", "/a/").status == 404);
  CHECK(app.get("/b/") == "slash");
  CHECK(app.send("GET", "/b").status == 404);
  CHECK(app.send("GET", "/c/").status == 404);
  CHECK(app.send("GET", "/d").status == 404);
  CHECK(app.get("/d/") == "[]");
  CHECK(app.get("/d//x/") == "[/x/]");
  CHECK(app.send("GET", "//a").status == 404);
}

TEST_CASE("Routing: segments are split on the raw path and compared decoded") {
  LoadedApp app([](App& a) {
    const auto echo = [](const Request& r) { return text(r.param("name")); };
    a.get("/files/{name}", echo).get("/rest/{name*}", echo).get("/my files", says("space"));
    a.get("/x/{name}/z", echo);
  });
  CHECK(app.get("/files/a%2Fb") == "a/b");
  CHECK(app.get("/files/%C3%A9") == "\xC3\xA9");
  CHECK(app.get("/files/a+b") == "a+b");
  CHECK(app.get("/my%20files") == "space");
  CHECK(app.get("/%6dy%20files") == "space");
  CHECK(app.get("/rest/a%2Fb/c%20d") == "a/b/c d");
  CHECK(app.get("/%78/1%2F2/z") == "1/2");
  CHECK(app.send("GET", "/files%2Fa").status == 404);
}

TEST_CASE("Routing: patterns of one shape may name their parameters differently per method") {
  LoadedApp app([](App& a) {
    a.get("/u/{id}", [](const Request& r) { return text(r.param("id")); });
    a.put("/u/{name}", [](const Request& r) { return text(r.param("name")); });
    a.get("/u/{user}/posts/{post}", [](const Request& r) {
      return text(std::string(r.param("post")) + " of " + std::string(r.param("user")));
    });
  });
  CHECK(app.send("GET", "/u/7").body == "7");
  CHECK(app.send("PUT", "/u/7").body == "7");
  CHECK(app.get("/u/7/posts/9") == "9 of 7");
}

TEST_CASE("Routing: an unknown path is 404 and a wrong method is 405 with Allow") {
  LoadedApp app([](App& a) {
    a.get("/a", says("a")).post("/a", says("a")).del("/{x}", says("x")).post("/b/c", says("c"));
  });
  const Answer missing = app.send("GET", "/no/where");
  CHECK(missing.status == 404);
  CHECK(missing.body == "Not Found");
  CHECK(missing.header("Allow") == "(none)");
  const Answer wrong = app.send("PUT", "/a");
  CHECK(wrong.status == 405);
  CHECK(wrong.header("Allow") == "GET, HEAD, POST, DELETE, OPTIONS");
  CHECK(app.send("GET", "/b/c").header("Allow") == "POST, OPTIONS");
  CHECK(app.send("GET", "").status == 404);
  CHECK(app.send("GET", "*").status == 404);
}

TEST_CASE("Routing: Allow names each method once, also a routed OPTIONS") {
  LoadedApp app([](App& a) {
    a.options("/a", says("options")).post("/a", says("post")).post("/{x}", says("post x"));
  });
  CHECK(app.send("GET", "/a").header("Allow") == "POST, OPTIONS");
}

TEST_CASE("Routing: HEAD is served by GET where it has no route of its own") {
  LoadedApp app([](App& a) {
    a.any("/a", says("any")).get("/a", says("get")).any("/b", says("any")).post("/c", says("c"));
  });
  CHECK(app.send("HEAD", "/a").body == "get");
  CHECK(app.send("HEAD", "/b").body == "any");
  CHECK(app.send("HEAD", "/c").status == 405);
}

TEST_CASE("Routing: OPTIONS is answered with the methods of the path or of the whole app") {
  LoadedApp app([](App& a) { a.get("/a", says("a")).post("/b", says("b")); });
  const Answer path = app.send("OPTIONS", "/a");
  CHECK(path.status == 204);
  CHECK(path.header("Allow") == "GET, HEAD, OPTIONS");
  CHECK(app.send("OPTIONS", "/c").status == 404);
  const Answer server = app.send("OPTIONS", "*");
  CHECK(server.status == 204);
  CHECK(server.header("Allow") == "GET, HEAD, POST, OPTIONS");

  LoadedApp all([](App& a) { a.any("/{path*}", says("any")); });
  CHECK(all.send("OPTIONS", "*").header("Allow") == "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
}

TEST_CASE("Routing: the second route of one method and shape is refused by name") {
  const std::string why =
      refusal([](App& a) { a.get("/users/{id}", says("1")).get("/users/{name}", says("2")); });
  CHECK(why == "route pattern \"/users/{name}\": GET is routed already as \"/users/{id}\"");
  CHECK(refusal([](App& a) { a.any("/a", says("1")).any("/a", says("2")); }) ==
        "route pattern \"/a\": * is routed already as \"/a\"");
  CHECK(refusal([](App& a) { a.get("/{a*}", says("1")).get("/{b*}", says("2")); }) != "");
  CHECK(refusal([](App& a) { a.get("/{a*}", says("1")).get("/{b}", says("2")); }) == "");
}

TEST_CASE("Routing: a malformed pattern is refused by name") {
  for (const char* pattern : {"", "a", "{id}", "/{}", "/{id", "/id}", "/a{id}", "/{id}b", "/{1d}",
                              "/{i d}", "/{*}", "/{rest*}/b", "/{a}/{a}", "/{a**}", "/a?b=1",
                              "/a#b", "/a%20b", "/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}"}) {
    CAPTURE(pattern);
    const std::string why = refusal([pattern](App& a) { a.get(pattern, says("")); });
    CHECK(why.find("\"" + std::string(pattern) + "\"") != std::string::npos);
  }
  CHECK(refusal([](App& a) { a.route("GE T", "/a", says("")); }).find("\"GE T\"") !=
        std::string::npos);
  CHECK(refusal([](App& a) { a.get("/100%/{_a1}/{h*}", says("")); }) == "");
}

TEST_CASE("Routing: the eighth parameter still has its value") {
  LoadedApp app([](App& a) {
    a.get("/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h*}", [](const Request& r) { return text(r.param("h")); });
  });
  CHECK(app.get("/1/2/3/4/5/6/7/8/9") == "8/9");
}

TEST_CASE("Routing: a handler may own what cannot be copied") {
  LoadedApp app([](App& a) {
    a.get("/",
          [word = std::make_unique<std::string>("owned")](const Request&) { return text(*word); });
  });
  CHECK(app.get("/") == "owned");
}
