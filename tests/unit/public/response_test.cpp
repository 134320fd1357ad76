#include <chrono>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include "unit/public/fake_host.h"

using appserver::App;
using appserver::Request;
using appserver::Response;
using appserver::SameSite;
using appserver::to_header_value;

namespace {

// What the server gets when a handler returns `response`.
Answer sent(const Response& response) {
  LoadedApp app(
      [&response](App& a) { a.get("/", [&response](const Request&) { return response; }); });
  return app.send("GET", "/");
}

}  // namespace

TEST_CASE("Response: each builder sets status, content type and body") {
  const Answer text = sent(appserver::text("plain"));
  CHECK(text.status == 200);
  CHECK(text.header("Content-Type") == "text/plain; charset=utf-8");
  CHECK(text.body == "plain");
  CHECK(sent(appserver::html("<p>")).header("Content-Type") == "text/html; charset=utf-8");
  CHECK(sent(appserver::json("{}")).header("Content-Type") == "application/json");
  const std::string with_nul("a\0b", 3);
  const Answer bytes = sent(appserver::bytes(with_nul, "image/png"));
  CHECK(bytes.header("Content-Type") == "image/png");
  CHECK(bytes.body == with_nul);
  CHECK(bytes.headers.size() == 1);
}

TEST_CASE("Response: redirect, no_content, status and error_response say what they mean") {
  const Answer redirect = sent(appserver::redirect("/there"));
  CHECK(redirect.status == 302);
  CHECK(redirect.header("Location") == "/there");
  CHECK(sent(appserver::redirect("/there", 308)).status == 308);
  const Answer empty = sent(appserver::no_content());
  CHECK(empty.status == 204);
  CHECK(empty.headers.empty());
  CHECK(sent(appserver::status(418)).status == 418);
  CHECK(sent(appserver::status(418)).body.empty());
  CHECK(sent(appserver::error_response(404)).body == "Not Found");
  CHECK(sent(appserver::error_response(422, "no title")).body == "no title");
  CHECK(sent(appserver::error_response(422, "no title")).status == 422);
  CHECK(sent(appserver::error_response(499)).body == "Error");
}

TEST_CASE("Redirects: each helper has its code, and one that does not redirect is refused") {
  CHECK(sent(appserver::see_other("/done")).status == 303);
  CHECK(sent(appserver::moved_permanently("/new")).status == 308);
  for (const int code : {301, 302, 303, 307, 308}) {
    CHECK(sent(appserver::redirect("/x", code)).status == static_cast<unsigned>(code));
  }
  for (const int code : {200, 300, 304, 305, 306, 309, 404}) {
    CHECK_THROWS_AS(static_cast<void>(appserver::redirect("/x", code)), std::invalid_argument);
  }
}

TEST_CASE("is_local_target: only what a browser keeps on this site") {
  for (const char* good : {"/", "/a", "/a//b", "/?next=//x", "/a\\b", "/\xC3\xA9"}) {
    CHECK(appserver::is_local_target(good));
  }
  for (const char* bad : {"", "a", "//evil", "/\\evil", "\\/evil", "/\t/evil", "/\n/evil", " /",
                          "https://evil", "/a b", "/\x7F"}) {
    CAPTURE(bad);
    CHECK_FALSE(appserver::is_local_target(bad));
  }
}

TEST_CASE("Response: header() reads what is set, ignoring case, and remove_header() removes") {
  Response response = appserver::text("x").add_header("X-A", "1").add_header("x-a", "2");
  CHECK(response.header("X-a") == "1");
  CHECK(response.header("content-type") == "text/plain; charset=utf-8");
  response.remove_header("x-A").remove_header("Content-Type");
  CHECK(response.header("X-A").empty());
  CHECK(sent(response).headers.empty());
}

TEST_CASE("Response: header replaces and add_header keeps") {
  const Answer answer = sent(appserver::text("x")
                                 .status(201)
                                 .header("X-A", "1")
                                 .header("x-a", "2")
                                 .add_header("Vary", "Accept")
                                 .add_header("Vary", "Cookie")
                                 .body("y"));
  CHECK(answer.status == 201);
  CHECK(answer.body == "y");
  CHECK(answer.headers == HeaderList{{"Content-Type", "text/plain; charset=utf-8"},
                                     {"x-a", "2"},
                                     {"Vary", "Accept"},
                                     {"Vary", "Cookie"}});
}

TEST_CASE("Response: a content type given by hand replaces the builder's") {
  const Answer answer = sent(appserver::text("a,b").header("content-type", "text/csv"));
  CHECK(answer.headers == HeaderList{{"content-type", "text/csv"}});
}

TEST_CASE("Response: any number of header fields arrives in order") {
  for (const int count : {14, 15, 16, 17, 200}) {
    CAPTURE(count);
    Response response = appserver::text("x");
    for (int i = 0; i < count; ++i) {
      response.header("X-" + std::to_string(i), "v");
    }
    const Answer answer = sent(response);
    REQUIRE(answer.headers.size() == static_cast<std::size_t>(count) + 1);
    CHECK(answer.headers.back().first == "X-" + std::to_string(count - 1));
  }
}

TEST_CASE("Response: what the server refuses as invalid HTTP is handed on as a failure") {
  CHECK(sent(appserver::status(99)).handle_result == APPSERVER_FAILED);
  CHECK(sent(appserver::status(-1)).handle_result == APPSERVER_FAILED);
  CHECK(sent(appserver::status(600)).handle_result == APPSERVER_FAILED);
}

TEST_CASE("SetCookie: attributes are written as RFC 6265 has them") {
  CHECK(to_header_value({.name = "a", .value = "1"}) == "a=1; Path=/; HttpOnly; SameSite=Lax");
  CHECK(to_header_value({.name = "a",
                         .value = "",
                         .path = "",
                         .domain = "example.org",
                         .max_age = std::chrono::hours(1),
                         .secure = true,
                         .http_only = false,
                         .same_site = SameSite::None}) ==
        "a=; Domain=example.org; Max-Age=3600; Secure; SameSite=None");
  CHECK(to_header_value({.name = "a", .max_age = std::chrono::seconds(0)}) ==
        "a=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
  const Answer answer =
      sent(appserver::text("x").cookie({.name = "a", .value = "1"}).cookie({.name = "b"}));
  CHECK(answer.headers.size() == 3);
  CHECK(answer.headers[2].second == "b=; Path=/; HttpOnly; SameSite=Lax");
}

TEST_CASE("SetCookie: bytes that would change the header's meaning are refused") {
  CHECK_THROWS_AS(static_cast<void>(to_header_value({.name = ""})), std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(to_header_value({.name = "a b"})), std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(to_header_value({.name = "a=b"})), std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(to_header_value({.name = "a", .value = "x;y"})),
                  std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(to_header_value({.name = "a", .value = "x y"})),
                  std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(to_header_value({.name = "a", .value = "x\r\ny"})),
                  std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(to_header_value({.name = "a", .value = "\xC3\xA9"})),
                  std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(to_header_value({.name = "a", .path = "/;x"})),
                  std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(to_header_value({.name = "a", .domain = "x\n"})),
                  std::invalid_argument);
}
