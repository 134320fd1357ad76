#pragma once

#include <list>
#include <optional>

#include "base/event_loop.h"
#include "ipc/handoff.h"
#include "net/accept.h"
#include "net/listener.h"
#include "observe/log.h"

namespace appserver::master {

// Listening sockets that the configuration does not name any more, on their way out. Clients that
// are in the queue of such a socket have connected: they are answered.
//
//   Open --close()--> door shut: nobody comes in, the queue is handed over to the workers
//        --> queue empty, and for TCP one second later, when handshakes are over--> closed
//
// The master accepts from the queue, because the workers that had this socket are leaving and
// those that stay never had it. It reads nothing from the connections: whoever serves takes them
// out of the handoff queue as if just accepted. [master]
class ClosingListeners {
 public:
  // All outlive this object.
  ClosingListeners(EventLoop& loop, const ipc::Handoff& handoff, observe::Log& log)
      : loop_(loop), handoff_(handoff), log_(log) {}

  // Begins. Requires: workers that accept from it have been told to leave, or are about to.
  void close(net::Listener listener);

  // Takes who is in the queues now, as far as the handoff takes them, and closes all sockets. When
  // their addresses are wanted again, and when the server stops.
  void finish();

  [[nodiscard]] bool is_empty() const noexcept { return closing_.empty(); }

 private:
  class Closing {
   public:
    Closing(ClosingListeners& all, net::Listener listener);

    // Hands over whoever is in the queue.
    void empty_queue() noexcept;
    [[nodiscard]] bool is_over() const noexcept { return !awaits_handshakes_ && !is_held_up_; }
    void end();

   private:
    void on_ready(int) noexcept;
    void try_again() noexcept;
    void end_of_handshakes() noexcept;
    [[nodiscard]] bool hand_over() noexcept;

    ClosingListeners& all_;
    net::Listener listener_;
    IoWatcher queue_;
    TimerWatcher handshakes_;
    TimerWatcher retry_;
    std::optional<net::AcceptedSocket> in_hand_;  // Accepted, and not handed over yet.
    bool awaits_handshakes_ = false;
    bool is_held_up_ = false;
  };

  void remove_those_over();

  EventLoop& loop_;
  const ipc::Handoff& handoff_;
  observe::Log& log_;
  std::list<Closing> closing_;  // Watchers do not move.
};

}  // namespace appserver::master
