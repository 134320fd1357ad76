#include "worker/departure.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/errno_text.h"

namespace appserver::worker {
namespace {

// So many connections are taken in at a time: the others, who are awake as well, shall have their
// share.
constexpr int kTakenPerPass = 8;

// How long to leave one to a worker that is idle and has fewer connections. Else those with much to
// do, who look more often, would have all of them; and a canary would have none to be judged by.
constexpr double kCourtesySeconds = 0.002;

// How long to leave them to the others when there is no descriptor free.
constexpr double kDescriptorPauseSeconds = 0.02;

// After this a full queue is tried again even if it never tells that there is room: what is full
// may also be the number of descriptors on their way.
constexpr double kRetrySeconds = 0.005;

// How long to wait for somebody who serves. A substitute takes milliseconds; one that was delayed
// by the restart policy, some hundred.
constexpr double kPatienceSeconds = 1.0;

}  // namespace

Departure::Departure(EventLoop& loop, Serving& serving, Connections& connections,
                     const ipc::Handoff& handoff, const ipc::Scoreboard& all,
                     const ipc::ScoreboardEntry& own)
    : serving_(serving),
      connections_(connections),
      handoff_(handoff),
      scoreboard_(all),
      own_(own),
      spares_(handoff.receive_fd()),
      incoming_(loop),
      incoming_pause_(loop),
      room_(loop),
      retry_(loop),
      patience_(loop) {}

void Departure::start() {
  start_taking_in();
}

void Departure::start_taking_in() noexcept {
  incoming_.start<&Departure::take_in>(this, handoff_.receive_fd(), IoWatcher::kReadable);
}

void Departure::take_in(int) noexcept {
  if (!was_courteous_ && somebody_has_less()) {
    was_courteous_ = true;
    incoming_.stop();
    incoming_pause_.start<&Departure::start_taking_in>(this, kCourtesySeconds);
    return;
  }
  was_courteous_ = false;
  for (int i = 0; i < kTakenPerPass && make_room(); ++i) {
    auto handed_over = handoff_.receive();
    if (!handed_over) {
      break;
    }
    const bool brings_work = !handed_over->bytes.empty();
    connections_.adopt(std::move(*handed_over));
    if (brings_work) {
      return;  // The next one finds a worker that has none, or this one when it is done.
    }
  }
  // What cannot be taken now is noticed when it is needed.
  static_cast<void>(spares_.take());
}

bool Departure::somebody_has_less() const noexcept {
  const auto entries = scoreboard_.entries();
  return std::any_of(entries.begin(), entries.end(), [this](const ipc::ScoreboardEntry& entry) {
    return entry.state() == ipc::WorkerState::Serving && entry.is_idle() &&
           entry.connections() < own_.connections();
  });
}

// Sees to it that the descriptors of a message find room.
bool Departure::make_room() noexcept {
  if (!spares_.take()) {
    wait_for_room_for_descriptors();
    return false;
  }
  spares_.give_up();
  return true;
}

void Departure::wait_for_room_for_descriptors() noexcept {
  serving_.complaints.warn(
      "cannot take over a connection now; raise the limit of open files (ulimit -n) or lower "
      "--worker-connections",
      errno_text(EMFILE));
  incoming_.stop();
  incoming_pause_.start<&Departure::start_taking_in>(this, kDescriptorPauseSeconds);
}

void Departure::begin_blockage() noexcept {
  if (serving_.departure == Serving::Departure::None) {
    incoming_.stop();
  }
}

void Departure::end_blockage() {
  if (serving_.departure == Serving::Departure::None) {
    start();
  }
}

void Departure::share_work() {
  if (!serving_.waiting.empty() || !serving_.for_threads.empty()) {
    connections_.share_work(handoff_, takers());
  }
}

std::size_t Departure::takers() const noexcept {
  constexpr std::size_t kAll = std::size_t{1} << 20;
  const bool leaves = serving_.departure == Serving::Departure::HandingOver;
  std::size_t takers = 0;
  for (const ipc::ScoreboardEntry& entry : scoreboard_.entries()) {
    if (&entry != &own_ && entry.state() == ipc::WorkerState::Serving) {
      takers += leaves ? kAll : (entry.is_idle() ? 1 : 0);
    }
  }
  return takers;
}

void Departure::leave(bool hand_over) {
  if (!hand_over) {
    end_connections();
  } else if (somebody_serves()) {
    begin_handing_over();
  } else {
    wait_for_somebody();
  }
}

void Departure::begin_handing_over() {
  is_waiting_ = false;
  patience_.stop();
  incoming_.stop();
  incoming_pause_.stop();
  serving_.departure = Serving::Departure::HandingOver;
  connections_.depart();
  hand_over_those_in_line();
}

// Everything goes on here as before, only that no new connection is accepted.
void Departure::wait_for_somebody() {
  is_waiting_ = true;
  serving_.departure = Serving::Departure::None;
  room_.stop();
  for (Connection* connection : std::exchange(serving_.departing, {})) {
    connection->stay();
  }
  retry_.start<&Departure::try_again>(this, kRetrySeconds, kRetrySeconds);
  if (!patience_.is_active()) {
    patience_.start<&Departure::end_connections>(this, kPatienceSeconds);
  }
}

// Nobody will take them: they are told with their next response. What others had handed over before
// must not get lost in the queue.
void Departure::end_connections() noexcept {
  is_waiting_ = false;
  retry_.stop();
  patience_.stop();
  serving_.departure = Serving::Departure::Closing;
  serving_.detached.announce_ends();
  connections_.depart();
  start_taking_in();
}

void Departure::try_again() noexcept {
  if (!is_waiting_) {
    hand_over_those_in_line();
  } else if (somebody_serves()) {
    retry_.stop();
    begin_handing_over();
  }
}

bool Departure::is_over() {
  if (serving_.departure == Serving::Departure::Closing) {
    take_in(0);
  }
  return connections_.count() == 0;
}

void Departure::hand_over_those_in_line() {
  if (serving_.departing.empty()) {
    return;
  }
  if (!somebody_serves()) {
    wait_for_somebody();
    return;
  }
  while (!serving_.departing.empty()) {
    Connection& connection = *serving_.departing.back();
    const ipc::HandoffProgress progress = connection.hand_over(handoff_);
    if (progress == ipc::HandoffProgress::Full) {
      room_.start<&Departure::on_writable>(this, handoff_.send_fd(), IoWatcher::kWritable);
      retry_.start<&Departure::try_again>(this, kRetrySeconds);
      return;
    }
    serving_.departing.pop_back();
    if (progress == ipc::HandoffProgress::Refused) {
      connection.stay();
    }
  }
  room_.stop();
  retry_.stop();
}

bool Departure::somebody_serves() const noexcept {
  const auto entries = scoreboard_.entries();
  return std::any_of(entries.begin(), entries.end(), [this](const ipc::ScoreboardEntry& entry) {
    return &entry != &own_ && entry.state() == ipc::WorkerState::Serving;
  });
}

}  // namespace appserver::worker
