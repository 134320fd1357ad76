#pragma once

#include <deque>
#include <span>

#include "base/event_loop.h"
#include "ipc/scoreboard.h"
#include "worker/complaints.h"
#include "worker/connections.h"

namespace appserver::worker {

// Takes new connections from the listening sockets that all workers share.
//
// It pauses while the worker has --worker-connections open, and for a moment when descriptors run
// out: connections then wait in the kernel's queue, where another worker finds them. [worker]
class Acceptor {
 public:
  // All outlive the acceptor. The descriptors stay the master's.
  Acceptor(EventLoop& loop, std::span<const int> listener_fds, Connections& connections,
           std::size_t most_connections, Complaints& complaints);

  // Whom to compare with: `own` is this worker's entry. Both outlive the acceptor.
  void balance_with(const ipc::Scoreboard& all, ipc::ScoreboardEntry& own) noexcept {
    scoreboard_ = &all;
    own_score_ = &own;
  }

  void start();
  void stop() noexcept;
  // The server stops, and nobody new is let into the queues: serves who is in there, also those
  // whose handshake is just being finished, then closes the descriptors. Whoever was let in must
  // not be reset.
  void finish() noexcept;
  // The descriptors are somebody else's in this very process, who closes them: finish() does not.
  void leave_open() noexcept { leaves_open_ = true; }
  // Whether finish() has come to its end, or was never called.
  [[nodiscard]] bool is_over() const noexcept {
    return stage_ == Stage::Open || stage_ == Stage::Closed;
  }
  // A handler blocks this worker: leave new connections to those that have nothing to do.
  void set_blocked(bool blocked) noexcept { blocked_ = blocked; }
  // To be called after each pass through the loop: goes on after a pause when there is room again.
  void resume_if_possible();

 private:
  // One listening socket and its watcher.
  struct Door {
    Door(Acceptor& acceptor_of_door, EventLoop& loop, int listener_fd)
        : acceptor(acceptor_of_door), watcher(loop), fd(listener_fd) {}
    void on_ready(int) noexcept { acceptor.accept_some(*this); }

    Acceptor& acceptor;
    IoWatcher watcher;
    int fd;  // -1 once it is closed for good.
  };

  void accept_some(Door& door) noexcept;
  void found_empty(Door& door, int error) noexcept;
  [[nodiscard]] bool should_give_way() const noexcept;
  void suspend() noexcept;
  void pause(double seconds) noexcept;
  void begin_to_close() noexcept;
  void take_the_rest() noexcept;
  void end_pause() noexcept {}  // The pass through the loop that called this resumes.

  Connections& connections_;
  const std::size_t most_connections_;
  Complaints& complaints_;
  std::deque<Door> doors_;
  TimerWatcher pause_;
  TimerWatcher last_call_;
  bool leaves_open_ = false;
  const ipc::Scoreboard* scoreboard_ = nullptr;
  ipc::ScoreboardEntry* own_score_ = nullptr;
  // Open, until finish(). Finishing: somebody may still come into a queue. Closing: what is empty
  // stays empty.
  enum class Stage { Open, Finishing, Closing, Closed };
  Stage stage_ = Stage::Open;
  bool accepting_ = false;
  bool blocked_ = false;
  bool wanted_ = false;
  bool gave_way_ = false;  // The others had their chance: the next connections are ours.
};

}  // namespace appserver::worker
