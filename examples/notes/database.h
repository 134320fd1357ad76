#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sqlite3.h>

#include "note.h"

namespace notes {

// A prepared SQL statement, kept as long as its connection and run many times.
class Statement {
 public:
  // Requires: `connection` outlives the statement.
  // Errors: throws std::runtime_error with SQLite's words.
  Statement(sqlite3* connection, std::string_view sql);

  [[nodiscard]] sqlite3_stmt* get() const noexcept { return statement_.get(); }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// The notes in an SQLite file. One object is one connection: it must not be carried over a fork,
// nor used by two threads at once. Several processes may have the same file open; SQLite's
// write-ahead log lets them read while one of them writes.
//
// Errors: every function throws std::runtime_error with SQLite's words when the file cannot be
// used.
class Database {
 public:
  // Makes the file and its table where they are missing, and leaves nothing open.
  static void prepare(const std::string& path);

  // Opens a file that prepare() has made.
  explicit Database(const std::string& path);

  // Stores a new note and gives it the next free number.
  Note add(const Draft& draft);

  // Returns: nullopt when there is no note of that number.
  [[nodiscard]] std::optional<Note> find(std::int64_t id);

  // At most `limit` notes by ascending number, without the first `offset`.
  [[nodiscard]] std::vector<Note> list(std::int64_t limit, std::int64_t offset);

  // Returns: whether there was a note of that number.
  bool replace(std::int64_t id, const Draft& draft);
  bool remove(std::int64_t id);

 private:
  struct Close {
    void operator()(sqlite3* connection) const noexcept { sqlite3_close(connection); }
  };
  using Connection = std::unique_ptr<sqlite3, Close>;

  [[nodiscard]] static Connection open(const std::string& path, int flags);
  static void execute(sqlite3* connection, const char* sql);

  Connection connection_;  // before the statements, which must be gone when it closes
  Statement insert_;
  Statement select_one_;
  Statement select_page_;
  Statement update_;
  Statement delete_;
};

}  // namespace notes
