#pragma once

#include <string>

#include "base/result.h"

namespace appserver::master {

// The file that tells scripts the master's pid. Removed when the server stops. [master]
class PidFile {
 public:
  // Writes the file in one step (a reader never sees half a number). A stale file is replaced.
  // Errors: the path cannot be written, or names a running master.
  [[nodiscard]] static Result<PidFile> write(std::string path);

  // The file that the master wrote whose place this process takes, with its pid.
  [[nodiscard]] static PidFile adopt(std::string path) { return PidFile(std::move(path)); }

  PidFile(PidFile&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }
  PidFile& operator=(PidFile&&) = delete;
  PidFile(const PidFile&) = delete;
  PidFile& operator=(const PidFile&) = delete;
  ~PidFile();

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  explicit PidFile(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

}  // namespace appserver::master
