#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

// Lines of named values: how a process writes down what its successor has to know.
//
//   worker pid=812 slot=3 state=1
//   listener fd=7 display=http://127.0.0.1:8000 socket_file=
//
// One record a line: its kind, then values by name. A reader takes what it knows and leaves the
// rest, so that both older and newer writers are understood; people can read it, too.
namespace appserver::ipc {

class Record {
 public:
  explicit Record(std::string kind) : kind_(std::move(kind)) {}

  [[nodiscard]] const std::string& kind() const noexcept { return kind_; }

  // Requires: `name` is of small letters, digits and underscores, and not set yet.
  void set(std::string_view name, std::string value);
  // Returns: nullptr when there is none. Valid until the next set().
  [[nodiscard]] const std::string* find(std::string_view name) const noexcept;

  [[nodiscard]] std::span<const std::pair<std::string, std::string>> values() const noexcept {
    return values_;
  }

 private:
  std::string kind_;
  std::vector<std::pair<std::string, std::string>> values_;
};

// What is read at most: many times what the largest server writes.
inline constexpr std::size_t kMostRecordBytes = std::size_t{16} * 1024 * 1024;

// One line with its line feed. Values may hold any bytes: those that would be read as something
// else are written as %XX. [any] Pure.
[[nodiscard]] std::string write_record(const Record& record);

// Errors: the number of the first line that is no record, or too many bytes. [any] Pure.
[[nodiscard]] Result<std::vector<Record>> read_records(std::string_view text);

}  // namespace appserver::ipc
