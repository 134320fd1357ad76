#pragma once

#include <cstddef>
#include <deque>
#include <vector>

#include "base/event_loop.h"
#include "worker/connection.h"
#include "worker/serving.h"

namespace appserver::worker {

// All connections of a worker: owns them, uses them again, ends those that waited too long.
class Connections {
 public:
  explicit Connections(Serving& serving) noexcept : serving_(serving), clock_(serving.loop) {}

  void open(UniqueFd fd, const net::PeerAddress& peer);

  // Runs the app's code for all connections that wait for it. Outside of the loop's dispatch.
  void work_off();
  // There is news of an exchange that is answered elsewhere. Runs no code of the app.
  void hear_from(DetachedExchange& exchange);
  // Gives requests that wait for a thread to those that have room.
  void fill_threads();
  // The handlers that wait for a thread while all are busy get in line again, where they can be
  // handed over.
  void empty_threads_queue();
  // Answers those that can be answered without the app; the others wait on. By the standby.
  void work_off_without_app();
  // Hands requests that wait for the app over to workers that are idle, at most `idle_workers`.
  void share_work(const ipc::Handoff& handoff, std::size_t idle_workers);
  // The worker ends here and now: saves every connection that can be. Async-signal-safe.
  // `guilty`: see Connection::save_from_end().
  void save_from_end(const ipc::Handoff& handoff, WorkerEnd end,
                     const Connection* guilty) const noexcept;

  // Whether some wait already for the next time: the loop must not wait for events then.
  [[nodiscard]] bool has_work() const noexcept {
    return !serving_.ready.empty() || !serving_.waiting.empty() || !serving_.continuing.empty();
  }

  // Takes over a connection from another worker, whatever the limits: it was let in once.
  void adopt(ipc::HandedOver handed_over);

  // Calls visit(connection) for each, those that have no client included.
  template <typename Visit>
  void for_each(const Visit& visit) const {
    for (const Connection& connection : connections_) {
      visit(connection);
    }
  }

  // The worker leaves; see Connection::depart().
  void depart();
  // The worker has left, and its process stays: ends all that are left. Nothing is served after.
  void close_all() noexcept;

  [[nodiscard]] std::size_t count() const noexcept {
    return connections_.size() - serving_.unused.size();
  }

 private:
  [[nodiscard]] Connection& unused_connection();
  void continue_bodies();
  void serve(Connection& connection);
  void reclaim(DetachedExchange& exchange);
  std::size_t share_line(Line& line, const ipc::Handoff& handoff, std::size_t idle_workers);
  void look_at_deadlines() noexcept;

  Serving& serving_;
  std::deque<Connection> connections_;  // Addresses stay valid as it grows.
  TimerWatcher clock_;                  // Runs only while there are connections.
};

}  // namespace appserver::worker
