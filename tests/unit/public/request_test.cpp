#include <functional>
#include <string>

#include <doctest/doctest.h>

#include "unit/public/fake_host.h"

using appserver::App;
using appserver::Request;
using appserver::text;

namespace {

// Shows one request to `inspect`, which must be called.
void with_request(std::string_view target, const HeaderList& headers, std::string_view body,
                  const std::function<void(const Request&)>& inspect) {
  int calls = 0;
  LoadedApp app([&](App& a) {
    a.any("/{path*}", [&](const Request& request) {
      ++calls;
      inspect(request);
      return text("");
    });
  });
  CHECK(app.send("POST", target, headers, body).status == 200);
  CHECK(calls == 1);
}

void with_query(std::string_view query, const std::function<void(const Request&)>& inspect) {
  with_request("/?" + std::string(query), {}, {}, inspect);
}

}  // namespace

TEST_CASE("Request: the parts of a request are seen as sent and decoded") {
  const HeaderList headers{{"Host", "example.org"}, {"Content-Type", "text/x"}};
  with_request("/a%20b?x=1&y", headers, "the body", [](const Request& r) {
    CHECK(r.method() == "POST");
    CHECK(r.target() == "/a%20b?x=1&y");
    CHECK(r.path() == "/a b");
    CHECK(r.raw_path() == "/a%20b");
    CHECK(r.query() == "x=1&y");
    CHECK(r.param("path") == "a b");
    CHECK(r.body() == "the body");
    CHECK(r.http_version() == 11);
    CHECK(r.peer() == "192.0.2.1:51234");
    CHECK(r.id() == "id-1");
  });
}

TEST_CASE("Request: a header is found by its name in any case, the first one first") {
  const HeaderList headers{{"X-One", "1"}, {"x-two", ""}, {"X-ONE", "again"}};
  with_request("/", headers, {}, [](const Request& r) {
    CHECK(r.header("x-one") == "1");
    CHECK(r.header("X-Two") == "");
    CHECK_FALSE(r.header("X-On").has_value());
    std::string all;
    for (const appserver::Field field : r.headers()) {
      all.append(field.name).append("=").append(field.value).append(";");
    }
    CHECK(all == "X-One=1;x-two=;X-ONE=again;");
    CHECK(r.headers().size() == 3);
  });
}

TEST_CASE("Request: query fields are decoded, and an empty one differs from a missing one") {
  with_query("name=J%C3%BCrgen+M&empty=&flag&a%20b=c&&n=1&n=2&n=", [](const Request& r) {
    CHECK(r.query("name") == "J\xC3\xBCrgen M");
    CHECK(r.query("empty") == "");
    CHECK(r.query("flag") == "");
    CHECK(r.query("a b") == "c");
    CHECK_FALSE(r.query("missing").has_value());
    CHECK(r.query("n") == "1");
    CHECK(r.query_all("n") == std::vector<std::string>{"1", "2", ""});
    CHECK(r.query_all("missing").empty());
  });
}

TEST_CASE("Request: a malformed escape in the query stays as it is written") {
  with_query("a=100%&b=%zz&c=%4&d=%41%&%=x&e=a=b", [](const Request& r) {
    CHECK(r.query("a") == "100%");
    CHECK(r.query("b") == "%zz");
    CHECK(r.query("c") == "%4");
    CHECK(r.query("d") == "A%");
    CHECK(r.query("%") == "x");
    CHECK(r.query("e") == "a=b");
  });
}

TEST_CASE("Request: cookies are found in all Cookie fields") {
  const HeaderList headers{{"Cookie", "a=1; b=\"two\" ;c=x=y;; =nameless; flag"},
                           {"cookie", "a=again;\td=4"}};
  with_request("/", headers, {}, [](const Request& r) {
    CHECK(r.cookie("a") == "1");
    CHECK(r.cookie("b") == "\"two\"");
    CHECK(r.cookie("c") == "x=y");
    CHECK(r.cookie("d") == "4");
    CHECK(r.cookie("flag") == "");
    CHECK_FALSE(r.cookie("A").has_value());
    std::string all;
    for (const appserver::Field cookie : r.cookies()) {
      all.append(cookie.name).append("=").append(cookie.value).append(";");
    }
    CHECK(all == "a=1;b=\"two\";c=x=y;flag=;a=again;d=4;");
  });
}

TEST_CASE("Request: asking for a parameter that the pattern lacks is reported by its name") {
  LoadedApp app(
      [](App& a) { a.get("/{id}", [](const Request& r) { return text(r.param("no")); }); });
  CHECK(app.send("GET", "/7").handle_result == APPSERVER_FAILED);
  CHECK(app.host().error().find("{no}") != std::string::npos);
}

TEST_CASE("Request: a path that is not correctly encoded is 400 for every method") {
  LoadedApp app([](App& a) { a.any("/{path*}", says("reached")); });
  for (const char* path : {"/%", "/%4", "/a%zz", "/%00", "/a%00b", "/%2", "/%%41"}) {
    CAPTURE(path);
    CHECK(app.send("GET", path).status == 400);
    CHECK(app.send("OPTIONS", path).status == 400);
  }
  CHECK(app.send("GET", std::string_view("/a\0b", 4)).status == 400);
  CHECK(app.send("GET", "/%41").status == 200);
}

TEST_CASE("Request: hostile amounts of input are worked off in one pass each") {
  std::string query;
  std::string cookies;
  for (int i = 0; i < 100'000; ++i) {
    query += "%61+=%&";
    cookies += "c=;";
  }
  query += "last=1";
  cookies += " last=1";
  with_request("/?" + query, {{"Cookie", cookies}}, {}, [](const Request& r) {
    CHECK(r.query("last") == "1");
    CHECK(r.query_all("a ").size() == 100'000);
    CHECK(r.cookie("last") == "1");
    CHECK(r.cookies().size() == 100'001);
  });
  const std::string deep = std::string(100'000, '/') + std::string(100'000, '%');
  LoadedApp app([](App& a) { a.get("/{a}/{b}/c", says("c")); });
  CHECK(app.send("GET", std::string(100'000, '/')).status == 404);
  CHECK(app.send("GET", deep).status == 400);
}

TEST_CASE("Request: handlers may be called again and again without leftovers") {
  LoadedApp app(
      [](App& a) { a.get("/{id}", [](const Request& r) { return text(r.param("id")); }); });
  for (int i = 0; i < 100; ++i) {
    const std::string number = std::to_string(i);
    const std::string id = (i % 2 == 0 ? "a" : "%41") + number;
    CHECK(app.get("/" + id) == (i % 2 == 0 ? "a" : "A") + number);
  }
}
