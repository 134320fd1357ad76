#include <doctest/doctest.h>

#include <appserver/testing.hpp>

using appserver::testing::Client;
using appserver::testing::Reply;

TEST_CASE("hello: it greets, and knows nothing else") {
  Client client(appserver_app_v1);
  const Reply reply = client.get("/");
  CHECK(reply.status == 200);
  CHECK(reply.body == "Hello, World!");
  CHECK(reply.header("Content-Type") == "text/plain; charset=utf-8");
  CHECK(client.head("/").header("Content-Length") == "13");
  CHECK(client.get("/elsewhere").status == 404);
  CHECK(client.post("/", "x").header("Allow") == "GET, HEAD, OPTIONS");
}
