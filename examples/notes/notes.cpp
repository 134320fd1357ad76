// A small REST service: notes in an SQLite file, as JSON. README.md shows how to talk to it.
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <appserver/app.hpp>

#include "database.h"
#include "note_json.h"

using appserver::HttpError;
using appserver::Request;
using appserver::Response;
using appserver::Worker;
using notes::Database;
using notes::Note;

namespace {

constexpr std::int64_t kDefaultPage = 20;
constexpr std::int64_t kMaxPage = 100;

constexpr const char* kUsage = R"(<!doctype html>
<meta charset="utf-8">
<title>notes</title>
<h1>notes</h1>
<p>A small REST service. Try:</p>
<pre>
curl -i -d '{"title":"milk","text":"two bottles"}' \
     -H 'Content-Type: application/json' localhost:8000/notes
curl localhost:8000/notes
curl 'localhost:8000/notes?limit=10&amp;offset=20'
curl localhost:8000/notes/1
curl -X PUT -d '{"title":"milk","text":"one bottle"}' \
     -H 'Content-Type: application/json' localhost:8000/notes/1
curl -i -X DELETE localhost:8000/notes/1
</pre>
)";

std::string database_path() {
  const char* path = std::getenv("NOTES_DB");
  return path == nullptr || *path == '\0' ? "notes.db" : path;
}

// The whole of `text` as a number that is not negative.
std::optional<std::int64_t> parse_number(std::string_view text) {
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  const bool is_number = error == std::errc() && stop == end && number >= 0;
  return is_number ? std::optional(number) : std::nullopt;
}

[[noreturn]] void throw_no_such_note() {
  throw HttpError(404, "there is no such note");
}

std::int64_t note_id(const Request& request) {
  const std::optional<std::int64_t> id = parse_number(request.param("id"));
  if (!id) {
    throw_no_such_note();
  }
  return *id;
}

std::int64_t page_field(const Request& request, const char* name, std::int64_t otherwise) {
  const std::optional<std::string> text = request.query(name);
  if (!text) {
    return otherwise;
  }
  const std::optional<std::int64_t> number = parse_number(*text);
  if (!number) {
    throw HttpError(400, std::string(name) + " must be a number that is not negative");
  }
  return *number;
}

notes::Draft draft_in(const Request& request) {
  if (!appserver::has_media_type(request, "application/json")) {
    throw HttpError(415, "send the note as application/json");
  }
  return notes::parse_draft(request.body());
}

Response create_note(Database& database, const Request& request) {
  const Note note = database.add(draft_in(request));
  return appserver::json(to_json(note))
      .status(201)
      .header("Location", "/notes/" + std::to_string(note.id));
}

Response list_notes(Database& database, const Request& request) {
  const std::int64_t limit = page_field(request, "limit", kDefaultPage);
  const std::int64_t offset = page_field(request, "offset", 0);
  if (limit < 1 || limit > kMaxPage) {
    throw HttpError(400, "limit must be between 1 and " + std::to_string(kMaxPage));
  }
  return appserver::json(to_json(database.list(limit, offset)));
}

Response show_note(Database& database, const Request& request) {
  const std::optional<Note> note = database.find(note_id(request));
  if (!note) {
    throw_no_such_note();
  }
  return appserver::json(to_json(*note));
}

Response replace_note(Database& database, const Request& request) {
  const std::int64_t id = note_id(request);
  notes::Draft draft = draft_in(request);
  if (!database.replace(id, draft)) {
    throw_no_such_note();
  }
  return appserver::json(to_json(Note{id, std::move(draft.title), std::move(draft.text)}));
}

Response delete_note(Database& database, const Request& request) {
  if (!database.remove(note_id(request))) {
    throw_no_such_note();
  }
  return appserver::no_content();
}

}  // namespace

APPSERVER_APP(app) {
  app.name("notes").version("1.0");

  // The file is prepared once, before the workers are forked. Each worker then opens a connection
  // of its own, because an SQLite connection must not be carried over a fork.
  const std::string path = database_path();
  auto& database = app.keep<std::optional<Database>>();
  app.on_load([path] { Database::prepare(path); });
  app.on_worker_start([path, &database](const Worker&) { database.emplace(path); });
  app.on_worker_stop([&database](const Worker&) { database.reset(); });

  app.get("/", [](const Request&) { return appserver::html(kUsage); });
  app.get("/notes", [&database](const Request& r) { return list_notes(*database, r); });
  app.post("/notes", [&database](const Request& r) { return create_note(*database, r); });
  app.get("/notes/{id}", [&database](const Request& r) { return show_note(*database, r); });
  app.put("/notes/{id}", [&database](const Request& r) { return replace_note(*database, r); });
  app.del("/notes/{id}", [&database](const Request& r) { return delete_note(*database, r); });
}
