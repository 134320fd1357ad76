#pragma once

#include <sys/types.h>

#include "base/unique_fd.h"

namespace appserver {

// A descriptor that is readable once the process has ended, child or not; pidfd_open(2).
// Returns: a closed one when there is no such process, or Linux is older than 5.3.
[[nodiscard]] UniqueFd watch_process(pid_t pid) noexcept;

}  // namespace appserver
