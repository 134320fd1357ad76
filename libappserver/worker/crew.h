#pragma once

#include <optional>

#include "base/event_loop.h"
#include "observe/log.h"
#include "worker/acceptor.h"
#include "worker/app_loop.h"
#include "worker/connections.h"
#include "worker/departure.h"
#include "worker/handler_threads.h"
#include "worker/serving.h"

namespace appserver::worker {

// The handler threads in their worker: starts them, gives them what waits, and sees to it that
// other workers do what is too much for them. [worker] Used by whoever has the loop.
class Crew {
 public:
  // What it works with; all outlive it.
  struct Surroundings {
    EventLoop& loop;
    Serving& serving;
    Connections& connections;
    Acceptor& acceptor;
    Departure& departure;
    AppLoop& app_loop;
    observe::Log& log;
  };
  explicit Crew(const Surroundings& surroundings) : with_(surroundings), tick_(surroundings.loop) {}
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  // [first thread] Starts `wanted` threads, or fewer, with a warning; 0 for none.
  void start(unsigned wanted, const HandlerThreads::Surroundings& surroundings);
  // After each pass through the loop.
  void tidy_up();
  // Somebody else has decided meanwhile whether this worker takes anything in.
  void forget_blockage() noexcept { is_full_ = false; }

  // Whether one more handler would have to wait.
  [[nodiscard]] bool is_busy() const noexcept { return threads_ && threads_->are_busy(); }
  // Whether all is done. What may never end is not waited for.
  [[nodiscard]] bool is_done() const noexcept {
    return !threads_ || threads_->outstanding() == 0 || with_.serving.has_stuck_thread;
  }

  // [first thread] Ends the threads. Returns: how many handlers still run, so that nothing can be
  // ended or taken away from under them: then nothing was.
  [[nodiscard]] std::size_t end();

 private:
  void look_for_takers() noexcept;

  const Surroundings with_;
  std::optional<HandlerThreads> threads_;
  TimerWatcher tick_;
  bool is_full_ = false;
};

}  // namespace appserver::worker
