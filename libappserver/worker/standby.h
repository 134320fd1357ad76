#pragma once

#include <functional>
#include <thread>

#include "worker/baton.h"

namespace appserver::worker {

// The thread that keeps a worker's clients served while a handler blocks the first thread. It
// sleeps while no handler runs, and takes the loop over from one that runs longer than a few
// milliseconds.
class Standby {
 public:
  // `hold`: serves without the app until baton.is_wanted(). Called on the thread whenever it has
  // taken the loop; what it returns to gives the loop back. `baton` outlives this object.
  // [first thread] Starts the thread, with all signals blocked but those of a crash.
  // Errors: without a thread (std::system_error is caught) a slow handler stops its worker's I/O;
  // is_there() tells.
  Standby(Baton& baton, std::function<void()> hold) noexcept;
  Standby(const Standby&) = delete;
  Standby& operator=(const Standby&) = delete;
  // Ends the thread and waits for it. Requires: the first thread has the loop.
  ~Standby();

  [[nodiscard]] bool is_there() const noexcept { return thread_.joinable(); }

 private:
  void run();

  Baton& baton_;
  const std::function<void()> hold_;
  std::thread thread_;
};

}  // namespace appserver::worker
