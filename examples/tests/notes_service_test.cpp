#include <stdlib.h>
#include <string>

#include <doctest/doctest.h>

#include "temporary_folder.h"
#include "unit/public/fake_host.h"

namespace {

const HeaderList kJson{{"Content-Type", "application/json; charset=utf-8"}};
constexpr const char* kMilk = R"({"title":"milk","text":"two bottles"})";

// The whole service in one worker, with a database of its own. The app is made once per process,
// so that all cases share it and use the numbers that they were given.
struct Service {
  Service() {
    ::setenv("NOTES_DB", folder.file("notes.db").c_str(), 1);
    app = appserver_app_v1(&host.table());
    REQUIRE(app != nullptr);
    REQUIRE(app->on_load(app->state) == APPSERVER_OK);
    REQUIRE(app->on_worker_start(app->state, &worker) == APPSERVER_OK);
  }
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  ~Service() { app->on_worker_stop(app->state, &worker); }

  Answer send(std::string_view method, std::string_view target, const HeaderList& headers = {},
              std::string_view body = {}) const {
    return send_request(*app, method, target, headers, body);
  }

  TemporaryFolder folder;
  FakeHost host;
  appserver_worker_info worker{sizeof(appserver_worker_info), 0, 1, 0};
  const appserver_app* app = nullptr;
};

const Service& service() {
  static const Service instance;
  return instance;
}

}  // namespace

TEST_CASE("notes: a note can be created, read, replaced and deleted") {
  const Answer created = service().send("POST", "/notes", kJson, kMilk);
  CHECK(created.status == 201);
  CHECK(created.header("Content-Type") == "application/json");
  const std::string location = created.header("Location");
  REQUIRE(location.rfind("/notes/", 0) == 0);
  const Answer read = service().send("GET", location);
  CHECK(read.status == 200);
  CHECK(read.body == created.body);
  CHECK(read.body.find("two bottles") != std::string::npos);
  const Answer replaced =
      service().send("PUT", location, kJson, R"({"title":"milk","text":"one bottle"})");
  CHECK(replaced.status == 200);
  CHECK(service().send("GET", location).body == replaced.body);
  CHECK(service().send("DELETE", location).status == 204);
  CHECK(service().send("GET", location).status == 404);
  CHECK(service().send("DELETE", location).status == 404);
  CHECK(service().send("PUT", location, kJson, kMilk).status == 404);
}

TEST_CASE("notes: the list is cut into pages, and a wrong page is 400") {
  service().send("POST", "/notes", kJson, kMilk);
  service().send("POST", "/notes", kJson, kMilk);
  const std::string one = service().send("GET", "/notes?limit=1").body;
  CHECK(one.rfind(R"({"notes":[{"id":)", 0) == 0);
  CHECK(one != service().send("GET", "/notes?limit=1&offset=1").body);
  CHECK(service().send("GET", "/notes?offset=1000").body == R"({"notes":[]})");
  for (const char* query : {"limit=0", "limit=101", "limit=x", "limit=", "offset=-1", "offset=1x",
                            "offset=99999999999999999999"}) {
    CAPTURE(query);
    CHECK(service().send("GET", std::string("/notes?") + query).status == 400);
  }
}

TEST_CASE("notes: what the client does wrong is told with the status that fits") {
  CHECK(service().send("POST", "/notes", kJson, "{").status == 400);
  CHECK(service().send("POST", "/notes", kJson, "{}").status == 422);
  CHECK(service().send("POST", "/notes", {}, kMilk).status == 415);
  CHECK(service().send("POST", "/notes", {{"Content-Type", "text/plain"}}, kMilk).status == 415);
  CHECK(service().send("GET", "/notes/x").status == 404);
  CHECK(service().send("GET", "/notes/99999999999999999999").status == 404);
  CHECK(service().send("PATCH", "/notes/1").header("Allow") == "GET, HEAD, PUT, DELETE, OPTIONS");
  CHECK(service().send("GET", "/").header("Content-Type") == "text/html; charset=utf-8");
}
