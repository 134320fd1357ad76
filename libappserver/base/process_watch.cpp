#include "base/process_watch.h"

#include <sys/syscall.h>
#include <unistd.h>

namespace appserver {

// Not pidfd_open(): sys/pidfd.h of glibc 2.36 declares it without C linkage.
UniqueFd watch_process(pid_t pid) noexcept {
  return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

}  // namespace appserver
