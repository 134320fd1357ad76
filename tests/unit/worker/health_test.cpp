#include "worker/health.h"

#include <string>

#include <doctest/doctest.h>

#include "http/field.h"

namespace appserver::worker {
namespace {

http::RequestHead head_of(std::string_view method, std::string_view path) {
  http::RequestHead head;
  head.method = method;
  head.target = head.path = path;
  return head;
}

std::string told(const HealthPaths& paths, std::string_view method, std::string_view path,
                 bool is_draining) {
  const http::Response response = paths.answer(head_of(method, path), is_draining);
  return std::to_string(response.status) + " " + std::string(response.body);
}

TEST_CASE("HealthPaths: only the two paths, byte by byte, are answered") {
  const HealthPaths paths("/healthz", "/readyz");
  CHECK(paths.matches("/healthz"));
  CHECK(paths.matches("/readyz"));
  for (const char* other : {"/", "/healthz/", "/healthy", "/Healthz", "//healthz", "*"}) {
    CAPTURE(other);
    CHECK_FALSE(paths.matches(other));
  }
}

TEST_CASE("HealthPaths: a server that drains lives, and is not ready") {
  const HealthPaths paths("/healthz", "/readyz");
  CHECK(told(paths, "GET", "/healthz", false) == "200 ok");
  CHECK(told(paths, "GET", "/readyz", false) == "200 ok");
  CHECK(told(paths, "HEAD", "/healthz", true) == "200 ok");
  CHECK(told(paths, "GET", "/readyz", true) == "503 draining");
  CHECK(told(HealthPaths("/z", "/z"), "GET", "/z", true) == "503 draining");
}

TEST_CASE("HealthPaths: no cache keeps an answer, and other methods are refused") {
  const HealthPaths paths("/healthz", "/readyz");
  const http::Response good = paths.answer(head_of("GET", "/readyz"), false);
  CHECK(http::value_of(good.fields, "cache-control") == "no-store");
  CHECK(http::value_of(good.fields, "content-type") == "text/plain");
  const http::Response refused = paths.answer(head_of("POST", "/healthz"), false);
  CHECK(refused.status == 405);
  CHECK(http::value_of(refused.fields, "allow") == "GET, HEAD");
  CHECK(http::validate(refused).has_value());
}

TEST_CASE("HealthPaths: an empty path turns it off") {
  const HealthPaths paths("", "/readyz");
  CHECK_FALSE(paths.matches("/healthz"));
  CHECK(paths.matches("/readyz"));
  CHECK_FALSE(HealthPaths().matches("/healthz"));
}

TEST_CASE("HealthPaths: a route of exactly that path belongs to the app") {
  HealthPaths paths("/healthz", "/readyz");
  paths.leave_to_app({{"GET", "/"}, {"GET", "/{page}"}, {"*", "/readyz"}});
  CHECK(paths.matches("/healthz"));
  CHECK_FALSE(paths.matches("/readyz"));
  paths.leave_to_app({{"POST", "/healthz"}});
  CHECK_FALSE(paths.matches("/healthz"));
}

}  // namespace
}  // namespace appserver::worker
