// Moving: how a connection leaves a worker and arrives in another one.

#include <cstring>
#include <type_traits>
#include <utility>

#include "worker/connection.h"
#include "worker/serving.h"

namespace appserver::worker {
namespace {

static_assert(std::is_trivially_copyable_v<net::PeerAddress> &&
              sizeof(net::PeerAddress) == sizeof(ipc::ConnectionFacts::peer));

void store(const net::PeerAddress& peer, std::array<char, 20>& bytes) noexcept {
  std::memcpy(bytes.data(), &peer, bytes.size());
}

net::PeerAddress load(const std::array<char, 20>& bytes) noexcept {
  net::PeerAddress peer;
  std::memcpy(&peer, bytes.data(), bytes.size());
  return peer;
}

}  // namespace

void Connection::adopt(ipc::HandedOver handed_over) {
  const ipc::ConnectionFacts& facts = handed_over.facts;
  fd_ = std::move(handed_over.socket);
  socket_peer_ = load(facts.socket_peer);
  peer_ = load(facts.peer);
  awaits_preamble_ = facts.awaits_preamble != 0;
  trusts_forwarded_ = facts.trusts_forwarded != 0;
  over_tls_ = facts.over_tls != 0;
  serving_.peers.add(socket_peer_);
  state_ = State::Idle;
  start_wait(Wait::Request);
  watcher_.start<&Connection::on_ready>(this, fd_.get(), IoWatcher::kReadable);
  if (handed_over.bytes.empty()) {
    return;
  }
  bench_ = serving_.benches.take();
  std::string_view rest = handed_over.bytes;
  while (!rest.empty()) {
    const std::span<char> room = bench_->input.room_for_head();
    const std::size_t count = rest.copy(room.data(), room.size());
    bench_->input.added(count);
    rest.remove_prefix(count);
  }
  parse_or_wait();
}

// Whether the connection is where another worker can take it up: no request of it was seen by the
// app, and no body lies in a file.
bool Connection::can_move() const noexcept {
  return state_ == State::Idle ||
         (state_ == State::Reading && !bench_->sink.has_value() && !bench_->spool.has_value());
}

void Connection::depart() {
  if (!can_move()) {
    return;
  }
  if (serving_.departure == Serving::Departure::HandingOver) {
    deadline_.cancel();
    watcher_.stop();
    state_ = State::Departing;
    serving_.departing.push_back(this);
  } else if (state_ == State::Idle) {
    start_wait(Wait::Farewell);
  }
}

ipc::HandoffProgress Connection::hand_over(const ipc::Handoff& handoff) {
  ipc::ConnectionFacts facts;
  store(socket_peer_, facts.socket_peer);
  store(peer_, facts.peer);
  facts.awaits_preamble = awaits_preamble_ ? 1 : 0;
  facts.trusts_forwarded = trusts_forwarded_ ? 1 : 0;
  facts.over_tls = over_tls_ ? 1 : 0;
  std::string bytes;
  if (bench_ != nullptr) {
    // A half-read request is parsed again from its first byte.
    if (bench_->parser.head_complete()) {
      bench_->parser.append_replay(bytes);
    }
    bytes.append(bench_->input.unconsumed());
  }
  const ipc::HandoffProgress progress = handoff.send(fd_.get(), facts, bytes);
  if (progress == ipc::HandoffProgress::Sent) {
    close();  // Our descriptor: the socket lives on in the message.
  }
  return progress;
}

void Connection::stay() {
  watcher_.start<&Connection::on_ready>(this, fd_.get(), IoWatcher::kReadable);
  if (bench_ == nullptr) {
    state_ = State::Idle;
    start_wait(Wait::Request);
    return;
  }
  state_ = State::Reading;
  start_wait(bench_->parser.head_complete() ? Wait::Body : Wait::Head);
}

}  // namespace appserver::worker
