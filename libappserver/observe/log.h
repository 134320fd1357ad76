#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>

#include "config/options.h"
#include "observe/record.h"

namespace appserver::observe {

// The error log of one process: one write per record, nothing buffered, no thread, so that it goes
// on working in a forked child and that what was logged before a crash is in the file.
//
//   2026-11-25 10:00:00.123 +0000 [1234] info  master: message key=value key="quoted value"
//   {"@timestamp":"2026-11-25T10:00:00.123Z","log.level":"info","process.pid":1234,
//    "service.name":"appserverd","ecs.version":"8.11.0","message":"...","appserver.role":"master"}
//
// (the second on one line: an object of the Elastic Common Schema). Levels are named debug, info,
// warn and error in both forms. Text is escaped; times are local in text and UTC in JSON.
//
// A record that cannot be written at once is dropped and counted: see RecordWriter, which also says
// what is required of `fd`. No member throws. [any] Any thread, once
// set_identity() was called.
class Log {
 public:
  using WallClock = std::chrono::system_clock::time_point (*)() noexcept;
  // Takes records instead of a file: the text behind the time, the pid and the level, and no end of
  // line. What it throws is swallowed, and the record counted as dropped.
  // Requires: it may be called from several threads at once.
  using Taker = std::function<void(config::LogLevel level, std::string_view record)>;

  // Requires: `fd` outlives the Log; it is not owned.
  Log(int fd, config::LogLevel level, config::LogFormat format, Identity identity,
      WallClock now = &std::chrono::system_clock::now);
  Log(Taker taker, config::LogLevel level, Identity identity);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // Writes one record if `level` is enabled. `message` and the fields are not kept.
  void write(config::LogLevel level, std::string_view message,
             std::initializer_list<Field> fields = {}) noexcept;
  // The same, for fields that are only known at run time.
  void write(config::LogLevel level, std::string_view message,
             std::span<const Field> fields) noexcept;
  void debug(std::string_view message, std::initializer_list<Field> fields = {}) noexcept;
  void info(std::string_view message, std::initializer_list<Field> fields = {}) noexcept;
  void warning(std::string_view message, std::initializer_list<Field> fields = {}) noexcept;
  void error(std::string_view message, std::initializer_list<Field> fields = {}) noexcept;

  // Is told of each record from info on, whatever the level. It must not throw, nor write to this
  // log. A child that must not go on telling it replaces it by nothing. Requires: one thread.
  using Witness = std::function<void(config::LogLevel level, std::string_view message,
                                     std::span<const Field> fields)>;
  void set_witness(Witness witness) noexcept;

  [[nodiscard]] bool enabled(config::LogLevel level) const noexcept;
  void set_level(config::LogLevel level) noexcept;

  // Names the process from now on: a child calls it after the fork, with its own role.
  void set_identity(Identity identity) noexcept;

  // How many records this process lost. A forked child goes on from its parent's number.
  [[nodiscard]] std::uint64_t dropped() const noexcept;

 private:
  struct Backend;  // Keeps spdlog out of this header.
  std::unique_ptr<Backend> backend_;
};

}  // namespace appserver::observe
