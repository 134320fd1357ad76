#include "worker/connections.h"

#include <chrono>
#include <string>

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
  in_work_.swap(serving_.ready);
  for (Connection* connection : in_work_) {
    serve(*connection);
  }
  in_work_.clear();
  continue_bodies();
  serving_.benches.let_go();
}

void Connections::continue_bodies() {
  if (serving_.continuing.empty()) {
    return;
  }
  const TimePoint end = Clock::now() + kBodiesPerPass;
  // Each at most once: the rest of the time belongs to those who wait for events.
  for (std::size_t left = serving_.continuing.size(); left > 0 && Clock::now() < end; --left) {
    Connection* connection = serving_.continuing.front();
    serving_.continuing.pop_front();
    serve(*connection);
  }
}

void Connections::serve(Connection& connection) {
  serving_.being_served = &connection;
  connection.serve();
  serving_.being_served = nullptr;
}

void Connections::save_from_crash(const ipc::Handoff& handoff) const noexcept {
  for (const Connection& connection : connections_) {
    connection.save_from_crash(handoff, &connection == serving_.being_served);
  }
}

void Connections::depart() {
  for (Connection& connection : connections_) {
    connection.depart();
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
