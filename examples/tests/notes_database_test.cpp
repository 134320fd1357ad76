#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <appserver/response.hpp>

#include "database.h"
#include "note_json.h"
#include "temporary_folder.h"

using notes::Database;
using notes::Note;

namespace {

struct PreparedFile {
  PreparedFile() : path(folder.file("notes.db")) { Database::prepare(path); }
  TemporaryFolder folder;
  std::string path;
};

int status_of(std::string_view body) {
  try {
    static_cast<void>(notes::parse_draft(body));
  } catch (const appserver::HttpError& error) {
    return error.status();
  }
  return 200;
}

}  // namespace

TEST_CASE("Database: a note is found as it was added") {
  const PreparedFile file;
  Database database(file.path);
  const std::string odd("a\0'; DROP TABLE notes; -- \xC3\xA9", 27);
  const Note added = database.add({odd, ""});
  const std::optional<Note> found = database.find(added.id);
  REQUIRE(found.has_value());
  CHECK(found->title == odd);
  CHECK(found->text.empty());
  CHECK_FALSE(database.find(added.id + 1).has_value());
}

TEST_CASE("Database: a page begins after the offset and ends at the limit") {
  const PreparedFile file;
  Database database(file.path);
  for (const char* title : {"a", "b", "c", "d"}) {
    database.add({title, "text"});
  }
  const std::vector<Note> page = database.list(2, 1);
  REQUIRE(page.size() == 2);
  CHECK(page[0].title == "b");
  CHECK(page[1].title == "c");
  CHECK(database.list(10, 3).size() == 1);
  CHECK(database.list(10, 4).empty());
}

TEST_CASE("Database: replace and remove tell whether there was such a note") {
  const PreparedFile file;
  Database database(file.path);
  const Note note = database.add({"old", "old"});
  CHECK(database.replace(note.id, {"new", "newer"}));
  CHECK(database.find(note.id)->text == "newer");
  CHECK_FALSE(database.replace(note.id + 1, {"x", "y"}));
  CHECK(database.remove(note.id));
  CHECK_FALSE(database.remove(note.id));
  CHECK_FALSE(database.find(note.id).has_value());
}

TEST_CASE("Database: a number is not given twice, even after the note is gone") {
  const PreparedFile file;
  Database database(file.path);
  const Note first = database.add({"first", ""});
  database.remove(first.id);
  CHECK(database.add({"second", ""}).id > first.id);
}

TEST_CASE("Database: preparing again keeps what is stored, and connections see each other") {
  const PreparedFile file;
  Database one(file.path);
  const Note note = one.add({"kept", ""});
  Database::prepare(file.path);
  Database two(file.path);
  CHECK(two.find(note.id)->title == "kept");
  CHECK(two.remove(note.id));
  CHECK_FALSE(one.find(note.id).has_value());
}

TEST_CASE("Database: a file that cannot be used is named") {
  const TemporaryFolder folder;
  const std::string path = folder.file("missing/notes.db");
  try {
    Database::prepare(path);
    FAIL("prepare accepted a folder that does not exist");
  } catch (const std::runtime_error& error) {
    CHECK(std::string(error.what()).find(path) != std::string::npos);
  }
  CHECK_THROWS_AS(Database(folder.file("notes.db")), std::runtime_error);
}

TEST_CASE("parse_draft: what is not JSON is 400 and what is not a note is 422") {
  CHECK(status_of(R"({"title":"a","text":""})") == 200);
  CHECK(status_of(R"({"title":"a","text":"b","more":[1]})") == 200);
  CHECK(status_of("") == 400);
  CHECK(status_of("{") == 400);
  CHECK(status_of("{\"title\":\"\xFF\",\"text\":\"\"}") == 400);
  CHECK(status_of(std::string(100'000, '[')) == 400);
  CHECK(status_of("[]") == 422);
  CHECK(status_of(R"({"title":"a"})") == 422);
  CHECK(status_of(R"({"title":1,"text":""})") == 422);
  CHECK(status_of(R"({"title":"","text":""})") == 422);
  const auto note_with = [](std::size_t title, std::size_t text) {
    return "{\"title\":\"" + std::string(title, 'x') + "\",\"text\":\"" + std::string(text, 'x') +
           "\"}";
  };
  CHECK(status_of(note_with(notes::kMaxTitleBytes, notes::kMaxTextBytes)) == 200);
  CHECK(status_of(note_with(notes::kMaxTitleBytes + 1, 0)) == 422);
  CHECK(status_of(note_with(1, notes::kMaxTextBytes + 1)) == 422);
}

TEST_CASE("to_json: text is escaped as JSON demands") {
  CHECK(notes::to_json(Note{7, "a\"b", "line\n"}) == R"({"id":7,"title":"a\"b","text":"line\n"})");
  CHECK(notes::to_json(std::vector<Note>{}) == R"({"notes":[]})");
}
