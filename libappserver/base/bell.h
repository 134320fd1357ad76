#pragma once

#include <atomic>
#include <sys/types.h>

#include "base/result.h"
#include "base/unique_fd.h"

namespace appserver {

// How other threads, and signal handlers, tell the owner of an event loop what they wish: each wish
// is a bit, and a wish that is made twice before it is heard counts once. The owner watches fd().
//
// The bits lie beside the descriptor, so a forked child has a copy that rings for nobody: there,
// ring() does nothing. [any]
class Bell {
 public:
  // Errors: no descriptors left.
  [[nodiscard]] static Result<Bell> make();

  Bell(Bell&& other) noexcept;
  Bell& operator=(Bell&&) = delete;
  Bell(const Bell&) = delete;
  Bell& operator=(const Bell&) = delete;
  ~Bell() = default;

  // [any thread] Async-signal-safe (signal-safety(7)): two lock-free operations, getpid(2),
  // write(2). errno is as before.
  void ring(unsigned wishes) const noexcept;

  // The wishes since the last call, which are forgotten. [the owner]
  [[nodiscard]] unsigned answer() const noexcept;

  // Readable when there is a wish.
  [[nodiscard]] int fd() const noexcept { return event_.get(); }

 private:
  explicit Bell(UniqueFd event) noexcept;

  UniqueFd event_;
  pid_t owner_;
  mutable std::atomic<unsigned> wishes_{0};
};

}  // namespace appserver
