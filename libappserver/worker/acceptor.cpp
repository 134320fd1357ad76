#include "worker/acceptor.h"

#include <algorithm>
#include <cerrno>
#include <unistd.h>
#include <utility>

#include "base/errno_text.h"
#include "net/accept.h"

namespace appserver::worker {
namespace {

// At most this many new connections per listener and pass, so that they cannot starve those that
// are open.
constexpr int kAcceptsPerPass = 16;

// How long to leave the queue alone when there is no descriptor for a connection.
constexpr double kDescriptorPauseSeconds = 0.1;

// How long to leave it to the others: enough for an idle one to wake up, and little for a client to
// wait when all of them are busy.
constexpr double kGiveWaySeconds = 0.002;

// How long connections are still expected in the queues once nobody new is let in: handshakes that
// had begun take a round trip to the client.
constexpr double kLastCallSeconds = 0.1;

// How far ahead of another worker is too far: so many connections, and an eighth of what that one
// has.
constexpr std::uint32_t kLead = 2;

}  // namespace

Acceptor::Acceptor(EventLoop& loop, std::span<const int> listener_fds, Connections& connections,
                   std::size_t most_connections, Complaints& complaints)
    : connections_(connections),
      most_connections_(most_connections),
      complaints_(complaints),
      pause_(loop),
      last_call_(loop) {
  for (const int fd : listener_fds) {
    doors_.emplace_back(*this, loop, fd);
  }
}

void Acceptor::start() {
  wanted_ = true;
  accepting_ = true;
  for (Door& door : doors_) {
    if (door.fd >= 0) {
      door.watcher.start<&Door::on_ready>(&door, door.fd, IoWatcher::kReadable);
    }
  }
}

void Acceptor::stop() noexcept {
  wanted_ = false;
  accepting_ = false;
  pause_.stop();
  for (Door& door : doors_) {
    door.watcher.stop();
  }
}

void Acceptor::resume_if_possible() {
  if (wanted_ && !accepting_ && !pause_.is_active() && connections_.count() < most_connections_) {
    start();
  }
  if (stage_ == Stage::Closing && accepting_) {
    take_the_rest();
  }
}

void Acceptor::finish() noexcept {
  stage_ = Stage::Finishing;
  last_call_.start<&Acceptor::begin_to_close>(this, kLastCallSeconds);
}

// An empty queue makes no event: it has to be looked at.
void Acceptor::begin_to_close() noexcept {
  stage_ = Stage::Closing;
}

void Acceptor::take_the_rest() noexcept {
  for (Door& door : doors_) {
    if (door.fd >= 0 && accepting_) {
      accept_some(door);
    }
  }
  if (std::all_of(doors_.begin(), doors_.end(), [](const Door& door) { return door.fd < 0; })) {
    stop();
    stage_ = Stage::Closed;
  }
}

void Acceptor::accept_some(Door& door) noexcept {
  for (int i = 0; i < kAcceptsPerPass; ++i) {
    if (connections_.count() >= most_connections_) {
      suspend();
      return;
    }
    if (stage_ == Stage::Open && !gave_way_ && should_give_way()) {
      gave_way_ = true;
      pause(kGiveWaySeconds);
      return;
    }
    auto accepted = net::accept_connection(door.fd);
    if (!accepted) {
      found_empty(door, accepted.error());
      break;
    }
    connections_.open(std::move(accepted->fd), accepted->peer);
    if (own_score_ != nullptr) {
      own_score_->set_connections(static_cast<std::uint32_t>(connections_.count()));
    }
  }
  gave_way_ = false;
}

// Nothing could be accepted, for this reason.
void Acceptor::found_empty(Door& door, int error) noexcept {
  // EINVAL: the configuration dropped this socket, and the order to leave follows; or it is a unix
  // socket whose door is closed, and its queue is empty.
  if (error == EINVAL || (error == EAGAIN && stage_ == Stage::Closing)) {
    door.watcher.stop();
    const int fd = std::exchange(door.fd, -1);
    if (!leaves_open_) {
      ::close(fd);
    }
  } else if (error != EAGAIN) {
    complaints_.warn(
        "cannot accept a connection; raise the limit of open files (ulimit -n) or lower "
        "--worker-connections",
        errno_text(error));
    pause(kDescriptorPauseSeconds);
  }
}

bool Acceptor::should_give_way() const noexcept {
  if (scoreboard_ == nullptr) {
    return false;
  }
  const auto own = static_cast<std::uint32_t>(connections_.count());
  for (const ipc::ScoreboardEntry& entry : scoreboard_->entries()) {
    if (entry.state() == ipc::WorkerState::Serving) {
      const std::uint32_t other = entry.connections();
      if (own > other + other / 8 + kLead || (blocked_ && entry.is_idle())) {
        return true;
      }
    }
  }
  return false;
}

// Accepts nothing for now; resume_if_possible() goes on.
void Acceptor::suspend() noexcept {
  stop();
  wanted_ = true;
}

void Acceptor::pause(double seconds) noexcept {
  suspend();
  pause_.start<&Acceptor::end_pause>(this, seconds);
}

}  // namespace appserver::worker
