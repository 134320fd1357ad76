#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "config/options.h"
#include "observe/log_file.h"

namespace appserver::observe {

// The files that every process of the server writes to: the error log and, when wanted, the access
// log. Opened once by the master; the others inherit the descriptors.
class LogFiles {
 public:
  // Errors: which file cannot be opened, and why. [master]
  [[nodiscard]] static Result<LogFiles> open(const config::Options& options);
  // Logs that are open already; see LogFile::adopt. [master]
  [[nodiscard]] static LogFiles adopt(LogFile error, std::optional<LogFile> access) {
    return {std::move(error), std::move(access)};
  }

  [[nodiscard]] const LogFile& error_log() const noexcept { return error_; }
  // Null: no access log is written.
  [[nodiscard]] const LogFile* access_log() const noexcept {
    return access_.has_value() ? &*access_ : nullptr;
  }

  // Opens both again, after a rotation, in a fixed order: what take_over() expects in every
  // process. [master]
  [[nodiscard]] Result<std::vector<UniqueFd>> open_again() const;
  // Continues in these files; a list of another length is of another server version and changes
  // nothing. [any]
  void take_over(std::span<const UniqueFd> files) noexcept;

 private:
  LogFiles(LogFile error, std::optional<LogFile> access)
      : error_(std::move(error)), access_(std::move(access)) {}

  LogFile error_;
  std::optional<LogFile> access_;
};

}  // namespace appserver::observe
