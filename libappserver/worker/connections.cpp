#include "worker/connections.h"

#include <chrono>
#include <string>
#include <utility>

#include "base/coarse_clock.h"

namespace appserver::worker {
namespace {

// How late a deadline may be noticed.
constexpr double kTickSeconds = 0.25;

// How long bodies are continued in one pass through the loop.
constexpr std::chrono::milliseconds kBodiesPerPass{2};

}  // namespace

void Connections::open(UniqueFd fd, const net::PeerAddress& peer) {
  if (!serving_.peers.try_add(peer)) {
    std::string whose = "--peer-connections is reached by ";
    peer.append_host(whose);
    serving_.complaints.warn("a connection was refused", whose);
    return;  // Closes it.
  }
  unused_connection().open(std::move(fd), peer);
}

void Connections::adopt(ipc::HandedOver handed_over) {
  if (handed_over.facts.is_new != 0) {
    open(std::move(handed_over.socket),
         net::PeerAddress::from_image(handed_over.facts.socket_peer));
    return;
  }
  unused_connection().adopt(std::move(handed_over));
}

Connection& Connections::unused_connection() {
  if (!clock_.is_active()) {
    clock_.start<&Connections::look_at_deadlines>(this, kTickSeconds, kTickSeconds);
  }
  if (serving_.unused.empty()) {
    return connections_.emplace_back(serving_);
  }
  Connection* connection = serving_.unused.back();
  serving_.unused.pop_back();
  return *connection;
}

void Connections::work_off() {
  // Those that get in line meanwhile wait for the next time.
  for (std::size_t left = serving_.waiting.size(); left > 0 && !serving_.waiting.empty(); --left) {
    serve(*serving_.waiting.take_front());
  }
  for (std::size_t left = serving_.ready.size(); left > 0 && !serving_.ready.empty(); --left) {
    serve(*serving_.ready.take_front());
  }
  continue_bodies();
  serving_.benches.let_go();
}

void Connections::work_off_without_app() {
  for (std::size_t left = serving_.ready.size(); left > 0; --left) {
    serve(*serving_.ready.take_front());
  }
}

void Connections::share_work(const ipc::Handoff& handoff, std::size_t idle_workers) {
  idle_workers = share_line(serving_.waiting, handoff, idle_workers);
  share_line(serving_.for_threads, handoff, idle_workers);
}

// Returns: how many of them are idle still.
std::size_t Connections::share_line(Line& line, const ipc::Handoff& handoff,
                                    std::size_t idle_workers) {
  for (std::size_t left = line.size(); left > 0 && idle_workers > 0; --left) {
    Connection* connection = line.front();
    if (!connection->can_move_with_request()) {
      line.push_back(line.take_front());
      continue;
    }
    if (connection->hand_over(handoff) != ipc::HandoffProgress::Sent) {
      return 0;  // They wait here as well as there.
    }
    static_cast<void>(line.take_front());
    --idle_workers;
  }
  return idle_workers;
}

void Connections::fill_threads() {
  for (std::size_t left = serving_.for_threads.size();
       left > 0 && !serving_.for_threads.empty() && serving_.threads->has_room(); --left) {
    serve(*serving_.for_threads.take_front());
  }
}

void Connections::empty_threads_queue() {
  for (DetachedExchange* exchange : serving_.threads->withdraw()) {
    exchange->withdraw();
    if (Connection* owner = exchange->owner(); owner != nullptr) {
      owner->await_thread_again();
    } else {
      reclaim(*exchange);
    }
  }
}

void Connections::hear_from(DetachedExchange& exchange) {
  Connection* owner = exchange.owner();
  if (owner == nullptr) {
    reclaim(exchange);
    return;
  }
  Batch& batch = *serving_.batch;
  batch.being_served = owner;
  owner->hear_from(exchange);
  batch.being_served = nullptr;
}

// The app may have let go of an exchange that nobody awaits.
void Connections::reclaim(DetachedExchange& exchange) {
  if (auto bench = serving_.detached.reclaim(exchange); bench != nullptr) {
    serving_.benches.give_back(std::move(bench));
  }
}

void Connections::continue_bodies() {
  if (serving_.continuing.empty()) {
    return;
  }
  const TimePoint end = Clock::now() + kBodiesPerPass;
  // Each at most once: the rest of the time belongs to those who wait for events.
  for (std::size_t left = serving_.continuing.size();
       left > 0 && !serving_.continuing.empty() && Clock::now() < end; --left) {
    serve(*serving_.continuing.take_front());
  }
}

void Connections::serve(Connection& connection) {
  Batch& batch = *serving_.batch;
  batch.being_served = &connection;
  connection.serve();
  batch.being_served = nullptr;
}

void Connections::save_from_end(const ipc::Handoff& handoff, WorkerEnd end,
                                const Connection* guilty) const noexcept {
  for (const Connection& connection : connections_) {
    connection.save_from_end(handoff, end, guilty);
  }
}

void Connections::depart() {
  for (Connection& connection : connections_) {
    connection.depart();
  }
}

void Connections::close_all() noexcept {
  for (Connection& connection : connections_) {
    connection.cut();
  }
}

void Connections::look_at_deadlines() noexcept {
  const TimePoint now = coarse_now();
  while (Connection* connection = serving_.deadlines.take_passed(now)) {
    connection->deadline_passed();
  }
  if (count() == 0) {
    clock_.stop();
  }
}

}  // namespace appserver::worker
