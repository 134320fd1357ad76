#pragma once

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace appserver::observe {

// Where a log goes: a file that is opened by its path and can be opened again after a rotation, or
// a standard descriptor, which is used as it is and never closed.
//
// The number fd() never changes, so loggers keep it. On USR1 the master, which may be the only one
// with the right to open the file, calls open_again() and sends the new descriptor to every
// process; each, and the master itself, lets it take_over(). Owns the descriptor of a file.
// Movable, as it is exactly that one handle.
class LogFile {
 public:
  // Opens the log `name` for appending and makes the file (mode 0640) if there is none; "-" is
  // `standard_fd`. A path may also name a FIFO that has a reader. [master]
  // Requires: `name` is not empty; `standard_fd` is 1 or 2.
  // Errors: the path and what open(2) said.
  static Result<LogFile> open(std::string name, int standard_fd);

  // A log that was opened by the master whose place this process takes; `file` is not open for "-".
  // [master]
  static LogFile adopt(std::string name, int standard_fd, UniqueFd file) {
    return {std::move(name), standard_fd, std::move(file)};
  }

  [[nodiscard]] int fd() const noexcept { return is_standard() ? standard_fd_ : file_.get(); }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  // True for "-": nothing to open again; the two members below then need not be called, and change
  // nothing.
  [[nodiscard]] bool is_standard() const noexcept { return !file_.is_open(); }

  // Opens the path once more: the new file if the old one was renamed. For "-": a duplicate.
  // [master] Returns: a descriptor of its own (close-on-exec); what is logged still goes to the old
  // one. Errors: the path and what open(2) said.
  [[nodiscard]] Result<UniqueFd> open_again() const;

  // Makes fd() refer to the file behind `new_fd`, in one step, so that no record is lost. `new_fd`
  // stays the caller's, to be closed. For "-": does nothing. [any]
  // Requires: `new_fd` is open and differs from fd().
  void take_over(int new_fd) noexcept;

 private:
  LogFile(std::string name, int standard_fd, UniqueFd file);

  std::string name_;
  int standard_fd_;
  UniqueFd file_;  // Not open for "-".
};

}  // namespace appserver::observe
