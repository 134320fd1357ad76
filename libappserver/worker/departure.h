#pragma once

#include "base/event_loop.h"
#include "base/spare_descriptors.h"
#include "ipc/handoff.h"
#include "ipc/scoreboard.h"
#include "worker/complaints.h"
#include "worker/connections.h"

namespace appserver::worker {

// How connections move between workers: takes in those that others hand over, and hands ours over
// when the worker leaves. [worker]
//
// A worker that serves reads the shared queue; one that leaves writes to it, as long as the
// scoreboard shows another that serves. One that leaves because the whole server stops reads on:
// what a leaving worker had handed over before must not get lost in the queue.
//
// A worker that has no descriptor free leaves them in the queue until it has, or another takes
// them.
//
// When nobody serves at the moment (its substitute is being started), a leaving worker goes on
// serving for a little while before it gives up and lets its connections end.
class Departure {
 public:
  // All outlive this object.
  Departure(EventLoop& loop, Serving& serving, Connections& connections,
            const ipc::Handoff& handoff, const ipc::Scoreboard& all,
            const ipc::ScoreboardEntry& own);

  // Begins to take connections in.
  void start();

  // The worker leaves. `hand_over`: somebody will be there to take its connections; else they end
  // here.
  void leave(bool hand_over);

  // Whether nothing waits in the queue that only this worker would take. To be asked before it
  // exits.
  [[nodiscard]] bool is_over();

  // To be called after each pass through the loop: hands over what got in line in it.
  void hand_over_those_in_line();

  // A handler blocks this worker: it takes nobody in, so that the others do.
  void begin_blockage() noexcept;
  void end_blockage();
  // During a blockage: hands requests that wait here over to workers that have nothing to do; to
  // any other one when this worker leaves.
  void share_work();
  // How many workers share_work() would give something to.
  [[nodiscard]] std::size_t takers() const noexcept;

 private:
  void take_in(int) noexcept;
  [[nodiscard]] bool somebody_has_less() const noexcept;
  [[nodiscard]] bool make_room() noexcept;
  void wait_for_room_for_descriptors() noexcept;
  void start_taking_in() noexcept;
  void on_writable(int) noexcept { hand_over_those_in_line(); }
  void try_again() noexcept;
  [[nodiscard]] bool somebody_serves() const noexcept;
  void begin_handing_over();
  void wait_for_somebody();
  void end_connections() noexcept;

  Serving& serving_;
  Connections& connections_;
  const ipc::Handoff& handoff_;
  const ipc::Scoreboard& scoreboard_;
  const ipc::ScoreboardEntry& own_;
  SpareDescriptors<ipc::Handoff::kMostFds> spares_;
  IoWatcher incoming_;
  TimerWatcher incoming_pause_;
  IoWatcher room_;
  TimerWatcher retry_;
  TimerWatcher patience_;
  bool was_courteous_ = false;  // The one at hand was left to others before.
  bool is_waiting_ = false;     // For somebody to hand over to.
};

}  // namespace appserver::worker
