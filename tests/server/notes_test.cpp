// The example that stands for a real service: notes, on SQLite, over several workers.
#include <set>
#include <signal.h>
#include <string>

#include <doctest/doctest.h>

#include "support/http_client.h"
#include "support/running_server.h"
#include "support/text_search.h"

using namespace appserver::test;

namespace {

constexpr const char* kJson = "Content-Type: application/json\r\n";
constexpr const char* kMilk = R"({"title":"milk","text":"two bottles"})";

// The service with a database of its own.
struct NotesService {
  TemporaryFolder folder;
  RunningServer server{
      example_app("notes"), 2, {"--env", "NOTES_DB=" + (folder / "notes.db").string()}};
};

}  // namespace

TEST_CASE("notes: a note is created, read, updated, listed and deleted") {
  const NotesService notes;
  HttpClient client(notes.server.address);
  const HttpResponse created = client.request("POST", "/notes", kMilk, kJson);
  CHECK(created.status == 201);
  const std::string place = created.header("Location");
  REQUIRE(place.starts_with("/notes/"));

  const HttpResponse read = client.get(place);
  CHECK(read.status == 200);
  CHECK(read.header("Content-Type").starts_with("application/json"));
  CHECK(contains(read.body, "two bottles"));

  const auto changed =
      client.request("PUT", place, R"({"title":"milk","text":"one \u20ac"})", kJson);
  CHECK(changed.status == 200);
  CHECK(contains(client.get(place).body, "one \u20ac"));
  CHECK(contains(client.get("/notes").body, "one \u20ac"));

  CHECK(client.request("DELETE", place).status == 204);
  CHECK(client.get(place).status == 404);
  CHECK_FALSE(contains(client.get("/notes").body, "milk"));
}

TEST_CASE("notes: what one worker wrote all workers read, also after a crash") {
  NotesService notes;
  // A connection of its own for each note, so that both workers take part.
  std::set<std::string> places;
  for (int i = 0; i < 20; ++i) {
    HttpClient client(notes.server.address);
    places.insert(client.request("POST", "/notes", kMilk, kJson).header("Location"));
  }
  CHECK(places.size() == 20);
  for (const WorkerEntry& worker : notes.server.process.workers()) {
    REQUIRE(::kill(worker.pid, SIGKILL) == 0);
  }
  for (const std::string& one : places) {
    CHECK(get(notes.server.address, one).status == 200);
  }
}

TEST_CASE("notes: what makes no sense is refused and leaves nothing behind") {
  const NotesService notes;
  HttpClient client(notes.server.address);
  CHECK(client.request("POST", "/notes", "not json", kJson).status == 400);
  CHECK(client.request("POST", "/notes", kMilk, "Content-Type: text/plain\r\n").status == 415);
  CHECK(client.get("/notes/12345").status == 404);
  CHECK(client.get("/notes/1%3B%20drop%20table%20notes").status == 404);
  CHECK(client.get("/notes?limit=many").status == 400);
  const HttpResponse wrong = client.request("PATCH", "/notes/1", kMilk, kJson);
  CHECK(wrong.status == 405);
  CHECK(contains(wrong.header("Allow"), "PUT"));
  CHECK_FALSE(contains(client.get("/notes").body, "milk"));
}
