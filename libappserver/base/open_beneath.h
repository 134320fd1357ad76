#pragma once

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace appserver {

// Who keeps a lookup inside its directory.
enum class Beneath {
  Kernel,     // openat2(2), Linux 5.6: symbolic links are followed as long as they stay inside.
  StepByStep  // One openat(2) a component; no symbolic link is followed at all.
};

// Which of the two works here. The second one is for older kernels, and for sandboxes whose filter
// knows no openat2(2). Requires: `directory` is one. Makes one system call. [any]
[[nodiscard]] Beneath beneath_support(int directory);

// Opens a file for reading that lies inside `directory`, whatever symbolic links lie on the way and
// whoever renames directories meanwhile. The descriptor is close-on-exec and non-blocking: opening
// a FIFO does not wait for its writer, and a terminal does not become ours. What kind of file it is
// remains to be seen with fstat(2): it may be a directory or a device.
// `directory` may be opened with O_PATH. Requires: `path` is relative and has no component `..`,
// which StepByStep would refuse where the kernel may not.
// Errors: errno. EXDEV when the path leads outside; ELOOP or ENOTDIR step by step when it leads
// over a link. [any]
[[nodiscard]] Result<UniqueFd, int> open_beneath(int directory, const std::string& path,
                                                 Beneath how);

}  // namespace appserver
