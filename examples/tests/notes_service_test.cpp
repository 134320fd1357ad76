#include <optional>
#include <stdexcept>
#include <stdlib.h>
#include <string>

#include <doctest/doctest.h>

#include <appserver/testing.hpp>

#include "temporary_folder.h"

using appserver::testing::Client;
using appserver::testing::Headers;
using appserver::testing::Reply;

namespace {

const Headers kJson{{"Content-Type", "application/json; charset=utf-8"}};
constexpr const char* kMilk = R"({"title":"milk","text":"two bottles"})";

// The whole service with a database of its own.
struct Service {
  Service() {
    ::setenv("NOTES_DB", folder.file("notes.db").c_str(), 1);
    client.emplace(appserver_app_v1);
  }

  TemporaryFolder folder;
  std::optional<Client> client;  // goes before its database
};

}  // namespace

TEST_CASE("notes: a note can be created, read, replaced and deleted") {
  Service service;
  Client& client = *service.client;
  const Reply created = client.post("/notes", kMilk, kJson);
  CHECK(created.status == 201);
  CHECK(created.header("Content-Type") == "application/json");
  const std::string location(created.header("Location"));
  CHECK(location == "/notes/1");
  const Reply read = client.get(location);
  CHECK(read.status == 200);
  CHECK(read.body == created.body);
  CHECK(read.body.find("two bottles") != std::string::npos);
  const Reply replaced = client.put(location, R"({"title":"milk","text":"one bottle"})", kJson);
  CHECK(replaced.status == 200);
  CHECK(client.get(location).body == replaced.body);
  CHECK(client.del(location).status == 204);
  CHECK(client.get(location).status == 404);
  CHECK(client.del(location).status == 404);
  CHECK(client.put(location, kMilk, kJson).status == 404);
}

TEST_CASE("notes: the list is cut into pages, and a wrong page is 400") {
  Service service;
  Client& client = *service.client;
  CHECK(client.get("/notes").body == R"({"notes":[]})");
  client.post("/notes", kMilk, kJson);
  client.post("/notes", kMilk, kJson);
  const std::string one = client.get("/notes?limit=1").body;
  CHECK(one.rfind(R"({"notes":[{"id":1,)", 0) == 0);
  CHECK(client.get("/notes?limit=1&offset=1").body.rfind(R"({"notes":[{"id":2,)", 0) == 0);
  CHECK(client.get("/notes?offset=2").body == R"({"notes":[]})");
  for (const char* query : {"limit=0", "limit=101", "limit=x", "limit=", "offset=-1", "offset=1x",
                            "offset=99999999999999999999"}) {
    CAPTURE(query);
    CHECK(client.get(std::string("/notes?") + query).status == 400);
  }
}

TEST_CASE("notes: what the client does wrong is told with the status that fits") {
  Service service;
  Client& client = *service.client;
  CHECK(client.post("/notes", "{", kJson).status == 400);
  CHECK(client.post("/notes", "{}", kJson).status == 422);
  CHECK(client.post("/notes", kMilk).status == 415);
  CHECK(client.post("/notes", kMilk, {{"Content-Type", "text/plain"}}).status == 415);
  CHECK(client.get("/notes/x").status == 404);
  CHECK(client.get("/notes/99999999999999999999").status == 404);
  CHECK(client.patch("/notes/1", "").header("Allow") == "GET, HEAD, PUT, DELETE, OPTIONS");
  CHECK(client.get("/").header("Content-Type") == "text/html; charset=utf-8");
  CHECK(client.log().empty());
}

TEST_CASE("notes: what was written is there when the service is started again") {
  Service service;
  service.client->post("/notes", kMilk, kJson);
  service.client.emplace(appserver_app_v1);
  CHECK(service.client->get("/notes/1").status == 200);
}

TEST_CASE("notes: without a database that can be made it refuses to start, and names it") {
  ::setenv("NOTES_DB", "/nonexistent/notes.db", 1);
  try {
    const Client client(appserver_app_v1);
    FAIL("it started");
  } catch (const std::runtime_error& error) {
    CHECK(std::string(error.what()).find("/nonexistent/notes.db") != std::string::npos);
  }
}
