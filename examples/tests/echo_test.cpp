#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include <appserver/testing.hpp>

using appserver::testing::Client;
using appserver::testing::Reply;

TEST_CASE("echo: the body comes back as it was, whatever the path and the method") {
  Client client(appserver_app_v1);
  const std::string bytes("a\0\xFF\r\n", 5);
  const Reply reply = client.post("/any/path", bytes, {{"Content-Type", "image/png"}});
  CHECK(reply.body == bytes);
  CHECK(reply.header("Content-Type") == "image/png");
  CHECK(client.request("BREW", "/", "tea").body == "tea");
  CHECK(client.put("/", "x").header("Content-Type") == "application/octet-stream");
  CHECK(client.get("/").body.empty());
}

TEST_CASE("echo: a body that is sent in pieces comes back in one") {
  Client client(appserver_app_v1);
  auto upload = client.start("POST", "/");
  upload.send("one ");
  upload.send("two");
  CHECK(upload.finish().body == "one two");
}

TEST_CASE("echo: a content type that would split the response is none that arrives") {
  Client client(appserver_app_v1);
  CHECK_THROWS_AS(client.post("/", "x", {{"Content-Type", "a\r\nSet-Cookie: b=c"}}),
                  std::invalid_argument);
}
