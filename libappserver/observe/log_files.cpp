#include "observe/log_files.h"

#include <unistd.h>
#include <utility>

namespace appserver::observe {

Result<LogFiles> LogFiles::open(const config::Options& options) {
  auto error =
      LogFile::open(options.error_logfile.empty() ? "-" : options.error_logfile, STDERR_FILENO);
  if (!error) {
    return failure(error.error());
  }
  std::optional<LogFile> access;
  if (!options.access_logfile.empty()) {
    auto opened = LogFile::open(options.access_logfile, STDOUT_FILENO);
    if (!opened) {
      return failure(opened.error());
    }
    access = std::move(*opened);
  }
  return LogFiles(std::move(*error), std::move(access));
}

Result<std::vector<UniqueFd>> LogFiles::open_again() const {
  std::vector<UniqueFd> files;
  for (const LogFile* log : {&error_log(), access_log()}) {
    if (log == nullptr) {
      continue;
    }
    auto file = log->open_again();
    if (!file) {
      return failure(file.error());
    }
    files.push_back(std::move(*file));
  }
  return files;
}

void LogFiles::take_over(std::span<const UniqueFd> files) noexcept {
  if (files.size() != (access_.has_value() ? 2U : 1U)) {
    return;
  }
  error_.take_over(files[0].get());
  if (access_.has_value()) {
    access_->take_over(files[1].get());
  }
}

}  // namespace appserver::observe
