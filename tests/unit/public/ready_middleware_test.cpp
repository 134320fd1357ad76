#include <chrono>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include <appserver/app.hpp>
#include <appserver/middleware/basic_auth.hpp>
#include <appserver/middleware/body_limit.hpp>
#include <appserver/middleware/cors.hpp>
#include <appserver/middleware/rate_limit.hpp>
#include <appserver/testing.hpp>

using namespace std::chrono_literals;
using appserver::App;
using appserver::HttpError;
using appserver::Request;
using appserver::Response;
using appserver::testing::Client;
using appserver::testing::Headers;
using appserver::testing::Reply;

namespace {

Response ok(const Request&) {
  return appserver::text("ok");
}

Headers preflight(const char* origin, const char* headers = "x-a") {
  return {{"Origin", origin},
          {"Access-Control-Request-Method", "PUT"},
          {"Access-Control-Request-Headers", headers}};
}

}  // namespace

TEST_CASE("cors: an allowed origin may read the answer, also that of an error") {
  Client client([](App& a) {
    a.use(appserver::cors({.origins = {"https://a.example", "http://localhost:3000"},
                           .exposed = {"X-Total"},
                           .credentials = true}));
    a.get("/", ok).get("/error", [](const Request&) -> Response { throw HttpError(409); });
  });
  for (const char* target : {"/", "/error", "/missing"}) {
    const Reply reply = client.get(target, {{"Origin", "https://a.example"}});
    CHECK(reply.header("Access-Control-Allow-Origin") == "https://a.example");
    CHECK(reply.header("Access-Control-Allow-Credentials") == "true");
    CHECK(reply.header("Access-Control-Expose-Headers") == "X-Total");
    CHECK(reply.header("Vary") == "Origin");
  }
  for (const char* origin :
       {"https://b.example", "https://a.example.evil", "http://a.example", "null"}) {
    const Reply other = client.get("/", {{"Origin", origin}});
    CHECK(other.status == 200);
    CHECK_FALSE(other.has_header("Access-Control-Allow-Origin"));
    CHECK_FALSE(other.has_header("Access-Control-Allow-Credentials"));
    CHECK(other.header("Vary") == "Origin");
  }
  CHECK(client.get("/").header("Vary") == "Origin");
}

TEST_CASE("cors: a preflight is answered without the handler, and only for who is allowed") {
  Client client([](App& a) {
    a.use(appserver::cors({.origins = {"https://a.example"}, .headers = {"X-A"}, .max_age = 60s}));
    a.put("/", [](const Request&) -> Response { throw std::logic_error("not for a preflight"); });
    a.options("/own", ok);
  });
  const Reply reply = client.options("/", preflight("https://a.example"));
  CHECK(reply.status == 204);
  CHECK(reply.header("Access-Control-Allow-Origin") == "https://a.example");
  CHECK(reply.header("Access-Control-Allow-Methods") == "GET, HEAD, POST, PUT, PATCH, DELETE");
  CHECK(reply.header("Access-Control-Allow-Headers") == "X-A");
  CHECK(reply.header("Access-Control-Max-Age") == "60");
  CHECK_FALSE(reply.has_header("Access-Control-Allow-Credentials"));
  const Reply refused = client.options("/", preflight("https://b.example"));
  CHECK(refused.status == 204);
  CHECK_FALSE(refused.has_header("Access-Control-Allow-Origin"));
  CHECK_FALSE(refused.has_header("Access-Control-Allow-Methods"));
  CHECK(refused.header("Vary") == "Origin");
  CHECK(client.options("/own", preflight("https://a.example")).body.empty());
  CHECK(client.options("/own", {{"Origin", "https://a.example"}}).body == "ok");
  CHECK(client.options("/").header("Allow") == "PUT, OPTIONS");
}

TEST_CASE("cors: everyone may be allowed, and every header, but not with credentials") {
  Client client(
      [](App& a) { a.use(appserver::cors({.origins = {"*"}, .headers = {"*"}})).get("/", ok); });
  const Reply reply = client.get("/", {{"Origin", "https://x.example"}});
  CHECK(reply.header("Access-Control-Allow-Origin") == "*");
  CHECK_FALSE(reply.has_header("Vary"));
  CHECK(client.options("/", preflight("https://x", "x-b, authorization"))
            .header("Access-Control-Allow-Headers") == "x-b, authorization");
  CHECK_FALSE(client.options("/", preflight("https://x", std::string(2000, 'x').c_str()))
                  .has_header("Access-Control-Allow-Headers"));
  CHECK_THROWS_AS(static_cast<void>(appserver::cors({.origins = {"*"}, .credentials = true})),
                  std::invalid_argument);
  for (const char* bad :
       {"a.example", "https://", "https://a/", "https://A.example", "https://*.a", "https://a b"}) {
    CHECK_THROWS_AS(static_cast<void>(appserver::cors({.origins = {bad}})), std::invalid_argument);
  }
  CHECK_THROWS_AS(static_cast<void>(appserver::cors({.headers = {"a,b"}})), std::invalid_argument);
}

TEST_CASE("basic_auth: who has the password is let in, and the handler learns the name") {
  Client client([](App& a) {
    a.use(appserver::basic_auth("the stage", {{"eve", "open: sesame"}, {"bob", ""}}));
    a.get("/", [](const Request& r) {
      return appserver::text(r.attached<appserver::AuthenticatedUser>()->name);
    });
    a.put("/up", [](const Request&) {
      return appserver::receive([](std::string_view) {}, [] { return appserver::text("taken"); });
    });
  });
  const auto with = [&client](const char* value) {
    return client.get("/", {{"Authorization", value}});
  };
  CHECK(with("Basic ZXZlOm9wZW46IHNlc2FtZQ==").body == "eve");
  CHECK(with("basic  ZXZlOm9wZW46IHNlc2FtZQ== ").body == "eve");
  CHECK(with("Basic Ym9iOg==").body == "bob");
  for (const char* bad : {"", "Basic", "Basic ", "Basic ZXZl", "Basic ZXZlOg==", "Basic Ym9iOng=",
                          "Basic !!!!", "Basic ZXZlOm9wZW46IHNlc2FtZQ=", "Basic Og==",
                          "Bearer ZXZlOm9wZW46IHNlc2FtZQ==", "Basic ZXZlOm9wZW46IHNlc2FtZR=="}) {
    CAPTURE(bad);
    const Reply reply = with(bad);
    CHECK(reply.status == 401);
    CHECK(reply.header("WWW-Authenticate") == "Basic realm=\"the stage\", charset=\"UTF-8\"");
  }
  CHECK(client.start("PUT", "/up").is_answered());
  CHECK_THROWS_AS(appserver::basic_auth("a\"b", {{"a", "b"}}), std::invalid_argument);
}

TEST_CASE("equal_in_constant_time: equal is what is the same, and nothing else") {
  using appserver::equal_in_constant_time;
  CHECK(equal_in_constant_time("", ""));
  CHECK(equal_in_constant_time("abc", "abc"));
  CHECK_FALSE(equal_in_constant_time("abc", "abd"));
  CHECK_FALSE(equal_in_constant_time("abc", "abcabc"));
  CHECK_FALSE(equal_in_constant_time("abc", ""));
  CHECK_FALSE(equal_in_constant_time("", "abc"));
  CHECK_FALSE(equal_in_constant_time("", std::string(1, '\0')));
  CHECK_FALSE(equal_in_constant_time("ab", "a"));
}

TEST_CASE("limit_body: a longer body is refused, before it is sent if its length is known") {
  int handled = 0;
  Client client([&handled](App& a) {
    appserver::Group small = a.group("").use(appserver::limit_body(10));
    small.post("/collect", [&handled](const Request& r) {
      ++handled;
      return appserver::text(r.body());
    });
    small.put("/receive", [](const Request&) {
      return appserver::receive([](std::string_view) {}, [] { return appserver::text("whole"); });
    });
    a.post("/free", [](const Request& r) { return appserver::text(r.body()); });
  });
  CHECK(client.post("/collect", "0123456789").status == 200);
  CHECK(client.post("/collect", "0123456789a").status == 413);
  CHECK(client.post("/free", "0123456789a").status == 200);
  CHECK(client.start("POST", "/collect", {{"Content-Length", "11"}}).is_answered());
  CHECK_FALSE(client.start("POST", "/collect", {{"Content-Length", "10"}}).is_answered());
  CHECK(handled == 1);
  auto chunked = client.start("POST", "/collect");
  chunked.send("0123456789a");
  CHECK(chunked.finish().status == 413);
  CHECK(client.put("/receive", "0123456789").body == "whole");
  CHECK(client.start("PUT", "/receive", {{"Content-Length", "11"}}).is_answered());
  auto received = client.start("PUT", "/receive");
  received.send("01234");
  received.send("56789a");
  received.send(std::string(100, 'x'));
  const Reply refused = received.finish();
  CHECK(refused.status == 413);
  CHECK(refused.body == "the body is longer than 10 bytes");
}

TEST_CASE("rate_limit: a key gets its burst and its rate, and others theirs") {
  Client client([](App& a) {
    a.use(appserver::rate_limit({.bucket = {.per_second = 0.5, .burst = 3}})).get("/", ok);
  });
  for (int i = 0; i < 3; ++i) {
    CHECK(client.get("/").status == 200);
  }
  const Reply refused = client.get("/");
  CHECK(refused.status == 429);
  CHECK(refused.header("Retry-After") == "2");
  client.origin().peer = "192.0.2.2:1";
  CHECK(client.get("/").status == 200);
  client.origin().peer = "192.0.2.1:9";
  client.time().advance(1500ms);
  CHECK(client.get("/").header("Retry-After") == "1");
  client.time().advance(500ms);
  CHECK(client.get("/").status == 200);
  CHECK(client.get("/").status == 429);
  client.time().advance(1h);
  for (int i = 0; i < 3; ++i) {
    CHECK(client.get("/").status == 200);
  }
  CHECK(client.get("/").status == 429);
}

TEST_CASE("rate_limit: the key may be the app's own, and an empty one is not limited") {
  Client client([](App& a) {
    a.use(appserver::rate_limit({.bucket = {.per_second = 1, .burst = 1}, .key = [](const auto& r) {
                                   return std::string(r.header("X-Key").value_or(""));
                                 }}));
    a.get("/", ok);
  });
  CHECK(client.get("/").status == 200);
  CHECK(client.get("/").status == 200);
  CHECK(client.get("/", {{"X-Key", "a"}}).status == 200);
  CHECK(client.get("/", {{"X-Key", "a"}}).status == 429);
  CHECK(client.get("/", {{"X-Key", "b"}}).status == 200);
  CHECK_THROWS_AS(static_cast<void>(appserver::rate_limit({.bucket = {.per_second = 0}})),
                  std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(appserver::rate_limit({.bucket = {.burst = 0.5}})),
                  std::invalid_argument);
}

TEST_CASE("rate_limit: clients are told apart by what belongs to one of them") {
  Client client([](App& a) {
    a.get("/", [](const Request& r) { return appserver::text(appserver::client_network(r)); });
  });
  const auto network = [&client](const char* peer) {
    client.origin().peer = peer;
    return client.get("/").body;
  };
  CHECK(network("192.0.2.1:51234") == "192.0.2.1");
  CHECK(network("[2001:db8:1:2:3:4:5:6]:443") == "2001:db8:1:2::/64");
  CHECK(network("[2001:db8:1:2::99]:1") == "2001:db8:1:2::/64");
  CHECK(network("[::ffff:192.0.2.1]:1") == "192.0.2.1");
  CHECK(network("unix:") == "unix");
}

TEST_CASE("WorkerTokenStore: what it keeps is bounded") {
  appserver::WorkerTokenStore store(100);
  const appserver::TokenBucket bucket{.per_second = 1, .burst = 1};
  const appserver::Clock::Steady start{};
  for (int i = 0; i < 1000; ++i) {
    CHECK(store.take("key " + std::to_string(i), bucket, start) == 0s);
  }
  CHECK(store.size() == 100);
  CHECK(store.take("late", bucket, start + 1h) == 0s);
  CHECK(store.size() == 1);
  CHECK(store.take("late", bucket, start + 1h) == 1s);
  CHECK(store.take("slow", {.per_second = 1e-300, .burst = 1e300}, start) == 0s);
}
