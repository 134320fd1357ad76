#include <string>

#include <doctest/doctest.h>

#include <appserver/etag.hpp>
#include <appserver/middleware/etags.hpp>

#include "unit/public/fake_host.h"

using appserver::App;
using appserver::Request;
using appserver::strong_etag;

TEST_CASE("Murmur3: the values are those of the reference implementation") {
  using appserver::detail::Murmur3;
  CHECK(Murmur3::of("") == std::pair<std::uint64_t, std::uint64_t>(0, 0));
  CHECK(Murmur3::of("hello") ==
        std::pair<std::uint64_t, std::uint64_t>(0xcbd8a7b341bd9b02U, 0x5b1e906a48ae1d19U));
  CHECK(Murmur3::of("The quick brown fox jumps over the lazy dog") ==
        std::pair<std::uint64_t, std::uint64_t>(0xe34bbc7bbc071b6cU, 0x7a433ca9c49a9347U));
}

TEST_CASE("strong_etag: the same bytes have the same tag, others another one") {
  CHECK(strong_etag("hello") == "\"cbd8a7b341bd9b025b1e906a48ae1d19\"");
  CHECK(strong_etag("") != strong_etag(std::string(1, '\0')));
  CHECK(strong_etag(std::string(16, 'a')) != strong_etag(std::string(17, 'a')));
}

TEST_CASE("with_etag: the client that has it already gets 304 without the body") {
  LoadedApp app([](App& a) {
    a.any("/", [](const Request& r) {
      return appserver::with_etag(r, appserver::text("hello")
                                         .header("Cache-Control", "max-age=5")
                                         .header("Vary", "Accept")
                                         .header("X-Other", "1"));
    });
  });
  const std::string tag = strong_etag("hello");
  const Answer first = app.send("GET", "/");
  CHECK(first.status == 200);
  CHECK(first.body == "hello");
  CHECK(first.header("ETag") == tag);
  for (const std::string& match : {std::string(tag), "W/" + tag, std::string("*"), "\"x\" , " + tag,
                                   ",," + tag + ",", "\"a,b\"," + tag}) {
    CAPTURE(match);
    const Answer again = app.send("GET", "/", {{"If-None-Match", match}});
    CHECK(again.status == 304);
    CHECK(again.body.empty());
    CHECK(again.headers ==
          HeaderList{{"ETag", tag}, {"Cache-Control", "max-age=5"}, {"Vary", "Accept"}});
  }
  for (const std::string& other : {std::string("\"x\""), tag + " \"y\"", "\"x" + tag, tag.substr(1),
                                   std::string("w/" + tag), std::string("\"a b\"")}) {
    CAPTURE(other);
    CHECK(app.send("GET", "/", {{"If-None-Match", other}}).status == 200);
  }
  CHECK(app.send("HEAD", "/", {{"If-None-Match", tag}}).status == 304);
  CHECK(app.send("POST", "/", {{"If-None-Match", tag}}).status == 200);
  CHECK(app.send("POST", "/").header("ETag") == "(none)");
  CHECK(app.send("GET", "/", {{"If-None-Match", "\"x\""}, {"If-None-Match", tag}}).status == 304);
}

TEST_CASE("with_etag: a tag of one's own is used, and other answers are left alone") {
  LoadedApp app([](App& a) {
    a.use(appserver::etags());
    a.get("/own", [](const Request&) { return appserver::text("x").header("etag", "W/\"7\""); });
    a.get("/error", [](const Request&) { return appserver::error_response(404); });
    a.get("/bad", [](const Request&) { return appserver::text("x").header("ETag", "7"); });
    a.get("/plain", says("hello"));
  });
  CHECK(app.send("GET", "/own").headers.size() == 2);
  CHECK(app.send("GET", "/own", {{"If-None-Match", "\"7\""}}).status == 304);
  CHECK(app.send("GET", "/error").header("ETag") == "(none)");
  CHECK(app.send("GET", "/bad").handle_result == APPSERVER_FAILED);
  CHECK(app.send("GET", "/plain").header("ETag") == strong_etag("hello"));
}

TEST_CASE("may_change: only a client that knows the current version, or does not care") {
  LoadedApp app([](App& a) {
    a.put("/", [](const Request& r) {
      return appserver::status(appserver::may_change(r, "\"7\"") ? 204 : 412);
    });
  });
  CHECK(app.send("PUT", "/").status == 204);
  CHECK(app.send("PUT", "/", {{"If-Match", "\"7\""}}).status == 204);
  CHECK(app.send("PUT", "/", {{"If-Match", "*"}}).status == 204);
  CHECK(app.send("PUT", "/", {{"If-Match", "\"6\", \"7\""}}).status == 204);
  CHECK(app.send("PUT", "/", {{"If-Match", "\"6\""}}).status == 412);
  CHECK(app.send("PUT", "/", {{"If-Match", "W/\"7\""}}).status == 412);
  CHECK(app.send("PUT", "/", {{"If-Match", ""}}).status == 412);
}
