#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

#include "observe/record_writer.h"

namespace appserver::observe {

// One answered request. Holds views, which add() copies.
struct AccessRecord {
  std::string_view host = {};  // The client's address without its port; "unix:" for a unix socket.
  std::string_view method = {};  // Empty when the request was too broken to tell: logged as "-".
  std::string_view target = {};  // As sent.
  int http_version = 11;         // 10 or 11.
  int status = 0;
  std::uint64_t bytes = 0;           // Of the body, as sent.
  std::string_view referer = {};     // Empty: logged as "-".
  std::string_view user_agent = {};  // Empty: logged as "-".
};

// Appends one line in the combined format of Apache and nginx:
//   host - - [25/Nov/2026:10:00:00 +0000] "GET /path HTTP/1.1" 200 13 "referer" "user-agent"
// What the client sent cannot forge a line or leave its quotes: quotes, backslashes, control bytes
// and everything that is not ASCII become \xNN, as in nginx. Pure; `time` is trusted. [any]
void append_access_record(std::string& batch, std::string_view time, const AccessRecord& record);

// The time of a record as text, local with offset, made once a second. [worker]
class AccessTime {
 public:
  // Returns: a view that is valid until the next call.
  [[nodiscard]] std::string_view text(std::time_t now) noexcept;

 private:
  std::time_t second_ = -1;
  std::size_t size_ = 0;
  std::array<char, 32> text_{};
};

// Collects the access records of a worker's pass through its event loop and writes them together.
// Allocates only until the batch has its final size. Records that cannot be written at once are
// dropped and counted. [worker] One thread.
class AccessLog {
 public:
  // Requires: `fd` outlives the log and suits RecordWriter; it is not owned.
  explicit AccessLog(int fd);

  // Adds a record; a batch that is full is written first.
  void add(std::time_t now, const AccessRecord& record) noexcept;
  // Writes what was added since the last flush, with one write(2); nothing when there is nothing.
  // To be called before the worker waits for events, and before it exits.
  void flush() noexcept;

  // How many records were lost.
  [[nodiscard]] std::uint64_t dropped() const noexcept { return writer_.dropped(); }

 private:
  RecordWriter writer_;
  AccessTime time_;
  std::string batch_;
  std::uint64_t records_ = 0;
};

}  // namespace appserver::observe
