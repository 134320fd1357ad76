#include "base/open_beneath.h"

#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace appserver {
namespace {

constexpr int kReadFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

// glibc has no wrapper for openat2(2).
int open_resolved(int directory, const char* path, int flags) {
  open_how how{};
  how.flags = static_cast<__u64>(flags);
  // The first one implies the second today and may not for ever (openat2(2)).
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(::syscall(SYS_openat2, directory, path, &how, sizeof how));
}

Result<UniqueFd, int> open_by_kernel(int directory, const std::string& path) {
  // With RESOLVE_BENEATH the kernel gives up with EAGAIN when something is renamed anywhere while
  // it walks over a `..` of a link (openat2(2)); it also is what a file with a lease says.
  constexpr int kAttempts = 4;
  for (int attempt = 1;; ++attempt) {
    UniqueFd file(open_resolved(directory, path.c_str(), kReadFlags));
    if (file.is_open()) {
      return file;
    }
    const bool again = (errno == EAGAIN && attempt < kAttempts) || errno == EINTR;
    if (!again) {
      return failure(int{errno});
    }
  }
}

int open_component(int directory, const std::string& name, int flags) {
  int fd = -1;
  do {
    fd = ::openat(directory, name.c_str(), flags | O_CLOEXEC | O_NOFOLLOW);
  } while (fd < 0 && errno == EINTR);
  return fd;
}

Result<UniqueFd, int> open_step_by_step(int directory, const std::string& path) {
  UniqueFd reached;
  std::size_t start = 0;
  for (;;) {
    const std::size_t slash = path.find('/', start);
    const std::string name = path.substr(start, slash - start);
    if (name == "..") {
      return failure(int{EXDEV});
    }
    const bool is_last = slash == std::string::npos;
    const int from = reached.is_open() ? reached.get() : directory;
    // O_PATH asks for no more than the permission to search, as the kernel's own walk does.
    UniqueFd next(open_component(from, name.empty() ? "." : name,
                                 is_last ? kReadFlags : O_PATH | O_DIRECTORY));
    if (!next.is_open()) {
      return failure(int{errno});
    }
    if (is_last) {
      return next;
    }
    reached = std::move(next);
    start = slash + 1;
  }
}

}  // namespace

Beneath beneath_support(int directory) {
  const UniqueFd probe(open_resolved(directory, ".", O_PATH | O_CLOEXEC));
  // Old container runtimes answer EPERM instead of ENOSYS to what their filter does not know.
  return probe.is_open() || (errno != ENOSYS && errno != EPERM) ? Beneath::Kernel
                                                                : Beneath::StepByStep;
}

Result<UniqueFd, int> open_beneath(int directory, const std::string& path, Beneath how) {
  return how == Beneath::Kernel ? open_by_kernel(directory, path)
                                : open_step_by_step(directory, path);
}

}  // namespace appserver
