#include "database.h"

#include <stdexcept>
#include <utility>

namespace notes {
namespace {

// How long a writer waits for another process's write before it gives up.
constexpr int kBusyTimeoutMs = 5000;

constexpr const char* kSchema =
    "CREATE TABLE IF NOT EXISTS notes("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  title TEXT NOT NULL,"
    "  text TEXT NOT NULL)";

[[noreturn]] void fail(sqlite3* connection, const std::string& doing) {
  throw std::runtime_error(doing + ": " + sqlite3_errmsg(connection));
}

// One run of a statement: binds the values in order, and makes the statement ready for the next
// run when it goes out of scope.
class Run {
 public:
  explicit Run(const Statement& statement) noexcept : statement_(statement.get()) {}
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  ~Run() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }

  // Requires: `text` outlives the run, since SQLite reads it where it is.
  Run& with(std::string_view text) {
    return check(sqlite3_bind_text64(statement_, ++bound_, text.data(), text.size(), SQLITE_STATIC,
                                     SQLITE_UTF8));
  }
  Run& with(std::int64_t number) { return check(sqlite3_bind_int64(statement_, ++bound_, number)); }

  // Returns: whether there is a row to read.
  bool step() {
    const int result = sqlite3_step(statement_);
    if (result != SQLITE_ROW && result != SQLITE_DONE) {
      fail(connection(), "notes: cannot use the database");
    }
    return result == SQLITE_ROW;
  }

  [[nodiscard]] Note note() const {
    return {sqlite3_column_int64(statement_, 0), text(1), text(2)};
  }

  // How many rows the last INSERT, UPDATE or DELETE has changed.
  [[nodiscard]] int changes() const noexcept { return sqlite3_changes(connection()); }

 private:
  [[nodiscard]] sqlite3* connection() const noexcept { return sqlite3_db_handle(statement_); }

  Run& check(int result) {
    if (result != SQLITE_OK) {
      fail(connection(), "notes: cannot bind a value");
    }
    return *this;
  }

  [[nodiscard]] std::string text(int column) const {
    const unsigned char* bytes = sqlite3_column_text(statement_, column);
    const int size = sqlite3_column_bytes(statement_, column);
    return bytes == nullptr ? std::string() : std::string(bytes, bytes + size);
  }

  sqlite3_stmt* statement_;
  int bound_ = 0;
};

}  // namespace

Statement::Statement(sqlite3* connection, std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int result = sqlite3_prepare_v3(connection, sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  statement_.reset(statement);
  if (result != SQLITE_OK) {
    fail(connection, "notes: cannot prepare \"" + std::string(sql) + "\"");
  }
}

void Database::prepare(const std::string& path) {
  const Connection connection = open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  // The journal mode stays with the file: readers and one writer do not wait for each other.
  execute(connection.get(), "PRAGMA journal_mode = WAL");
  execute(connection.get(), kSchema);
}

Database::Database(const std::string& path)
    : connection_(open(path, SQLITE_OPEN_READWRITE)),
      insert_(connection_.get(),
              "INSERT INTO notes(title, text) VALUES(?, ?) "
              "RETURNING id, title, text"),
      select_one_(connection_.get(), "SELECT id, title, text FROM notes WHERE id = ?"),
      select_page_(connection_.get(),
                   "SELECT id, title, text FROM notes ORDER BY id LIMIT ? OFFSET ?"),
      update_(connection_.get(), "UPDATE notes SET title = ?, text = ? WHERE id = ?"),
      delete_(connection_.get(), "DELETE FROM notes WHERE id = ?") {}

Note Database::add(const Draft& draft) {
  Run run(insert_);
  run.with(draft.title).with(draft.text).step();
  Note note = run.note();
  run.step();  // the row is on disk only when the statement has come to its end
  return note;
}

std::optional<Note> Database::find(std::int64_t id) {
  Run run(select_one_);
  if (!run.with(id).step()) {
    return std::nullopt;
  }
  return run.note();
}

std::vector<Note> Database::list(std::int64_t limit, std::int64_t offset) {
  std::vector<Note> page;
  Run run(select_page_);
  run.with(limit).with(offset);
  while (run.step()) {
    page.push_back(run.note());
  }
  return page;
}

bool Database::replace(std::int64_t id, const Draft& draft) {
  Run run(update_);
  run.with(draft.title).with(draft.text).with(id).step();
  return run.changes() > 0;
}

bool Database::remove(std::int64_t id) {
  Run run(delete_);
  run.with(id).step();
  return run.changes() > 0;
}

Database::Connection Database::open(const std::string& path, int flags) {
  sqlite3* opened = nullptr;
  const int result = sqlite3_open_v2(path.c_str(), &opened, flags, nullptr);
  Connection connection(opened);  // also after a failure there is an object to close
  if (result != SQLITE_OK) {
    fail(opened, "notes: cannot open the database \"" + path + "\"");
  }
  sqlite3_busy_timeout(opened, kBusyTimeoutMs);
  // With a write-ahead log this is safe against crashes of the process and far faster.
  execute(opened, "PRAGMA synchronous = NORMAL");
  return connection;
}

void Database::execute(sqlite3* connection, const char* sql) {
  if (sqlite3_exec(connection, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    fail(connection, std::string("notes: cannot run \"") + sql + "\"");
  }
}

}  // namespace notes
