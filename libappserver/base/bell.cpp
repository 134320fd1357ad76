#include "base/bell.h"

#include <cerrno>
#include <cstdint>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>

#include "base/errno_text.h"

namespace appserver {

static_assert(std::atomic<unsigned>::is_always_lock_free, "else a signal handler could deadlock");

Result<Bell> Bell::make() {
  UniqueFd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event.is_open()) {
    return failure("cannot make an eventfd: " + errno_text(errno));
  }
  return Bell(std::move(event));
}

Bell::Bell(UniqueFd event) noexcept : event_(std::move(event)), owner_(::getpid()) {}

Bell::Bell(Bell&& other) noexcept
    : event_(std::move(other.event_)), owner_(other.owner_), wishes_(other.wishes_.load()) {}

void Bell::ring(unsigned wishes) const noexcept {
  if (::getpid() != owner_) {
    return;
  }
  wishes_.fetch_or(wishes);
  const int error = errno;
  const std::uint64_t one = 1;
  // It can only fail because the counter is full, and then the descriptor is readable.
  static_cast<void>(::write(event_.get(), &one, sizeof one));
  errno = error;
}

unsigned Bell::answer() const noexcept {
  // In this order: a wish in between makes the descriptor readable once more, at worst for nothing.
  std::uint64_t count = 0;
  static_cast<void>(::read(event_.get(), &count, sizeof count));
  return wishes_.exchange(0);
}

}  // namespace appserver
