// Moving: how a connection leaves a worker and arrives in another one.

#include <array>
#include <sys/socket.h>
#include <sys/uio.h>
#include <utility>

#include "base/coarse_clock.h"
#include "worker/connection.h"
#include "worker/detached_exchange.h"
#include "worker/serving.h"

namespace appserver::worker {
namespace {

// Of waits that can go on in another worker. The others end in the worker that they began in.
bool can_be_resumed(std::uint8_t wait) noexcept {
  return wait <= static_cast<std::uint8_t>(Wait::Body);
}
static_assert(static_cast<int>(Wait::Request) == 0 && static_cast<int>(Wait::Head) == 1 &&
              static_cast<int>(Wait::Body) == 2);

std::int64_t to_number(TimePoint time) noexcept {
  return std::chrono::nanoseconds(time.time_since_epoch()).count();
}

TimePoint to_time(std::int64_t nanoseconds) noexcept {
  return TimePoint(std::chrono::nanoseconds(nanoseconds));
}

constexpr std::string_view kTimedOut =
    "HTTP/1.1 504 Gateway Timeout\r\nServer: appserverd\r\nContent-Type: text/plain\r\n"
    "Content-Length: 20\r\nConnection: close\r\n\r\n504 Gateway Timeout\n";
constexpr std::string_view kCrashed =
    "HTTP/1.1 500 Internal Server Error\r\nServer: appserverd\r\nContent-Type: text/plain\r\n"
    "Content-Length: 26\r\nConnection: close\r\n\r\n500 Internal Server Error\n";
constexpr std::string_view kUnavailable =
    "HTTP/1.1 503 Service Unavailable\r\nServer: appserverd\r\nContent-Type: text/plain\r\n"
    "Content-Length: 24\r\nRetry-After: 1\r\nConnection: close\r\n\r\n503 Service Unavailable\n";

std::string_view answer_to_guilty(WorkerEnd end) noexcept {
  switch (end) {
    case WorkerEnd::Crash:
      return kCrashed;
    case WorkerEnd::Timeout:
      return kTimedOut;
    case WorkerEnd::Stop:
      break;
  }
  return kUnavailable;
}

// The answer that was made elsewhere, and that nobody has taken yet. Async-signal-safe.
std::optional<DetachedExchange::Finished> finished_elsewhere(const Workbench& bench) noexcept {
  return bench.detached != nullptr && bench.outbox.is_empty() ? bench.detached->finished()
                                                              : std::nullopt;
}

}  // namespace

void Connection::adopt(ipc::HandedOver handed_over) {
  const ipc::ConnectionFacts& facts = handed_over.facts;
  fd_ = std::move(handed_over.socket);
  socket_peer_ = net::PeerAddress::from_image(facts.socket_peer);
  peer_ = net::PeerAddress::from_image(facts.peer);
  awaits_preamble_ = facts.awaits_preamble != 0;
  trusts_forwarded_ = facts.trusts_forwarded != 0;
  over_tls_ = facts.over_tls != 0;
  requests_ = facts.requests;
  serving_.peers.add(socket_peer_);
  watcher_.start<&Connection::on_ready>(this, fd_.get(), IoWatcher::kReadable);
  state_ = State::Idle;
  if (can_be_resumed(facts.wait)) {
    resume_wait(static_cast<Wait>(facts.wait), to_time(facts.wait_ends));
  } else {
    start_wait(Wait::Request);
  }
  const std::string_view bytes = handed_over.bytes;
  if (facts.unsent > 0 && facts.unsent <= bytes.size()) {
    bench_ = serving_.benches.take();
    put_back(bytes.substr(facts.unsent));
    send_rest(bytes.substr(0, facts.unsent), facts.closes == 0);
  } else if (!bytes.empty()) {
    bench_ = serving_.benches.take();
    read_again(bytes, to_time(facts.since));
  } else if (serving_.departure != Serving::Departure::None) {
    depart();
  }
  // Workers that follow each other quickly would never look at the clock.
  if ((state_ == State::Idle || state_ == State::Reading) && deadline_.at() <= coarse_now()) {
    deadline_passed();
  }
}

// Goes on with a response that another worker had made.
void Connection::send_rest(std::string_view unsent, bool keep_alive) {
  bench_->outbox.add(unsent);
  keep_alive_ = keep_alive;
  continue_response(false);
}

void Connection::put_back(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::span<char> room = bench_->input.room_for_head();
    const std::size_t count = bytes.copy(room.data(), room.size());
    bench_->input.added(count);
    bytes.remove_prefix(count);
  }
}

// Takes in what another worker had read.
void Connection::read_again(std::string_view bytes, TimePoint since) {
  put_back(bytes);
  bench_->since = since;
  bench_->read_elsewhere = true;
  parse_or_wait();
}

// Whether the connection is where another worker can take it up: no request of it was seen by the
// app, and no body lies in a file.
bool Connection::can_move() const noexcept {
  return state_ == State::Idle ||
         (state_ == State::Reading && !bench_->sink.has_value() && !bench_->spool.has_value());
}

bool Connection::can_move_with_request() const noexcept {
  return state_ == State::Queued && bench_->outbox.is_empty() && !bench_->sink.has_value() &&
         !bench_->spool.has_value() && bench_->refusal == nullptr;
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

// Async-signal-safe.
ipc::HandoffProgress Connection::send_to(const ipc::Handoff& handoff) const noexcept {
  ipc::ConnectionFacts facts;
  facts.socket_peer = socket_peer_.image();
  facts.peer = peer_.image();
  facts.awaits_preamble = awaits_preamble_ ? 1 : 0;
  facts.trusts_forwarded = trusts_forwarded_ ? 1 : 0;
  facts.over_tls = over_tls_ ? 1 : 0;
  facts.requests = requests_;
  facts.wait = static_cast<std::uint8_t>(waiting_);
  facts.wait_ends = to_number(deadline_.at());
  if (bench_ == nullptr) {
    return handoff.send(fd_.get(), facts, {});
  }
  facts.since = to_number(bench_->since);
  std::string_view unsent = bench_->outbox.text_alone().value_or("");
  bool keep_alive = keep_alive_;
  // A request that was read in part, or in whole and not answered, is parsed again from its first
  // byte. That of the response that is being sent is not.
  bool is_answered = !unsent.empty() && (bench_->status != 0 || !keep_alive_);
  if (const auto finished = finished_elsewhere(*bench_)) {
    unsent = finished->text;
    keep_alive = finished->keep_alive;
    is_answered = true;
  }
  facts.unsent = unsent.size();
  facts.closes = keep_alive ? 0 : 1;
  http::RequestParser::ChunkLineRoom line;
  const auto replay =
      is_answered ? decltype(bench_->parser.replay(line)){} : bench_->parser.replay(line);
  const std::array<std::string_view, ipc::Handoff::kMostPieces> pieces{
      unsent, replay[0], replay[1], replay[2], replay[3], bench_->input.unconsumed()};
  return handoff.send(fd_.get(), facts, pieces);
}

ipc::HandoffProgress Connection::hand_over(const ipc::Handoff& handoff) {
  const ipc::HandoffProgress progress = send_to(handoff);
  if (progress == ipc::HandoffProgress::Sent) {
    close();  // Our descriptor: the socket lives on in the message.
  }
  return progress;
}

void Connection::save_from_end(const ipc::Handoff& handoff, WorkerEnd end,
                               const Connection* guilty) const noexcept {
  const bool is_served = serving_.app_batch.being_served == this;
  const std::string_view answer = guilty == this ? answer_to_guilty(end) : kUnavailable;
  const bool was_taken_up =
      bench_ != nullptr &&
      (bench_->sink.has_value() || bench_->spool.has_value() || bench_->refusal != nullptr);
  switch (state_) {
    case State::Closed:
    case State::Lingering:
      return;
    case State::Writing:
      // A response that has begun cannot be taken back; but what is left of it can be sent by
      // another worker, unless only this one's app can make it, or has the next request already.
      if (!was_taken_up && bench_->outbox.text_alone().has_value() &&
          (bench_->status != 0 || bench_->detached == nullptr || bench_->detached->claim_start())) {
        static_cast<void>(send_to(handoff));
      }
      return;
    case State::Queued:
      if (is_served) {
        // Outside of the app nobody knows what has left already: wrong bytes would be worse than
        // none.
        if (serving_.gate.is_running_app()) {
          answer_at_end(answer);
        }
        return;
      }
      if (!bench_->outbox.is_empty()) {
        return;
      }
      break;
    case State::Awaiting:
      // What has not begun can be done elsewhere, and must not begin here any more.
      if (!finished_elsewhere(*bench_) &&
          (!bench_->outbox.is_empty() || !bench_->detached->claim_start())) {
        answer_at_end(answer);
        return;
      }
      break;
    case State::Idle:
    case State::Reading:
    case State::Departing:
      break;
  }
  if (was_taken_up) {
    answer_at_end(kUnavailable);
  } else {
    static_cast<void>(send_to(handoff));
  }
}

// Sends what was answered before in the same batch, and then `answer`; unless the response has
// begun.
void Connection::answer_at_end(std::string_view answer) const noexcept {
  const Batch& batch = serving_.app_batch;
  const bool is_served = batch.being_served == this;
  if (!bench_->outbox.is_empty() || (is_served && batch.response_begun)) {
    return;
  }
  const std::string_view before =
      is_served ? std::string_view(batch.out).substr(0, batch.answered) : "";
  std::array<iovec, 2> pieces{iovec{const_cast<char*>(before.data()), before.size()},
                              iovec{const_cast<char*>(answer.data()), answer.size()}};
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = pieces.size();
  ::sendmsg(fd_.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  ::shutdown(fd_.get(), SHUT_WR);
}

void Connection::stay() {
  watcher_.start<&Connection::on_ready>(this, fd_.get(), IoWatcher::kReadable);
  state_ = bench_ == nullptr ? State::Idle : State::Reading;
  resume_wait(waiting_, deadline_.at());
}

}  // namespace appserver::worker
