// Input: what a connection reads, and what becomes of it. The answers are in
// connection_answers.cpp.

#include "worker/connection.h"

#include <array>
#include <chrono>
#include <sys/socket.h>
#include <utility>

#include "base/coarse_clock.h"
#include "net/proxy_header.h"
#include "net/would_block.h"
#include "worker/serving.h"

namespace appserver::worker {
namespace {

// A collected body that is larger moves to a file.
constexpr std::size_t kSpooled = 1024 * 1024;

constexpr http::Refusal kTooSlow{408, "The request did not arrive in time."};
constexpr http::Refusal kNoPlaceForBody{503, "The server has no room for the request body now."};

}  // namespace

Connection::Connection(Serving& serving) noexcept
    : serving_(serving), deadline_(*this), watcher_(serving.loop) {}

void Connection::open(UniqueFd fd, const net::PeerAddress& peer) {
  fd_ = std::move(fd);
  socket_peer_ = peer_ = peer;
  awaits_preamble_ = serving_.rules.proxy_protocol;
  trusts_forwarded_ = serving_.rules.forwarders.trusts(peer);
  over_tls_ = false;
  requests_ = 0;
  state_ = State::Idle;
  if (awaits_preamble_ && !serving_.rules.proxies.trusts(peer)) {
    serving_.complaints.warn("a connection was refused", "its peer is not in --proxy-allow-from");
    close();
    return;
  }
  start_wait(Wait::Head);
  watcher_.start<&Connection::on_ready>(this, fd_.get(), IoWatcher::kReadable);
  // Most clients have sent their request by now: reading at once saves a pass through the loop.
  read();
  if (state_ == State::Idle && serving_.departure != Serving::Departure::None) {
    depart();  // Let in at the last moment, and silent.
  }
}

void Connection::on_ready(int) noexcept {
  switch (state_) {
    case State::Idle:
    case State::Reading:
      read();
      break;
    case State::Writing:
      continue_response(false);
      break;
    case State::Lingering:
      discard();
      break;
    case State::Awaiting:
      watch_client();
      break;
    case State::Queued:  // Not read while the app is behind; and what is not read shall not wake.
      watcher_.stop();
      break;
    case State::Departing:  // What comes now is for the next worker to read.
    case State::Closed:
      break;
  }
}

void Connection::get_in_line() {
  deadline_.cancel();
  state_ = State::Queued;
  serving_.ready.push_back(this);
}

void Connection::read() {
  if (bench_ == nullptr) {
    bench_ = serving_.benches.take();
  }
  InputBuffer& input = bench_->input;
  const std::span<char> room =
      bench_->parser.head_complete() ? input.room_for_body() : input.room_for_head();
  const ssize_t count = ::recv(fd_.get(), room.data(), room.size(), 0);
  if (count > 0) {
    input.added(static_cast<std::size_t>(count));
    bench_->read_elsewhere = false;
    parse_or_wait();
  } else if (count == 0 || !net::would_block()) {
    // The end of input in the middle of a request: no part of it ever reaches the app as a whole
    // one.
    close();
  } else if (state_ == State::Idle) {
    serving_.benches.give_back(std::move(bench_));
  }
}

bool Connection::parse() {
  using Progress = http::RequestParser::Progress;
  http::RequestParser& parser = bench_->parser;
  const bool had_head = parser.head_complete();
  const auto fed = parser.feed(bench_->input.unconsumed());
  bench_->input.consumed(fed.consumed);
  if (!had_head && parser.head_complete()) {
    bench_->input.pin(parser.head_bytes());
  }
  bench_->whole = fed.progress == Progress::Complete;
  bench_->undecided = fed.progress == Progress::HeadRead;
  if (fed.progress == Progress::Failed) {
    bench_->refusal = &parser.refusal();
  } else if (bench_->sink.has_value() || bench_->detached != nullptr) {
    return bench_->whole || !parser.stored().empty();
  } else if (fed.progress == Progress::NeedMore) {
    spool_if_large();
  } else if (bench_->whole && bench_->spool.has_value()) {
    finish_spool();
  }
  return bench_->refusal != nullptr || fed.progress != Progress::NeedMore;
}

// Returns: whether the PROXY protocol header, if one is due, is there. A connection without one is
// refused without a word: whoever it is, it is not the proxy that was agreed on.
bool Connection::read_preamble() {
  using Progress = net::ProxyHeaderOutcome::Progress;
  const auto outcome = net::read_proxy_header(bench_->input.unconsumed());
  if (outcome.progress == Progress::NeedMore) {
    state_ = State::Reading;
    return false;
  }
  if (outcome.progress == Progress::Failed) {
    serving_.complaints.warn("a connection was refused: it does not begin with the PROXY protocol",
                             outcome.reason);
    close();
    return false;
  }
  awaits_preamble_ = false;
  over_tls_ = outcome.header.over_tls;
  if (outcome.header.origin == net::ProxyHeader::Origin::Client) {
    peer_ = outcome.header.source;
    trusts_forwarded_ = serving_.rules.forwarders.trusts(peer_);
  } else if (outcome.header.origin == net::ProxyHeader::Origin::Unknown) {
    trusts_forwarded_ = false;
  }
  bench_->input.consumed(outcome.header.size);
  bench_->input.next_request();
  return !bench_->input.is_empty();
}

void Connection::parse_or_wait() {
  if (awaits_preamble_ && !read_preamble()) {
    return;
  }
  if (parse()) {
    get_in_line();
    return;
  }
  if (!bench_->parser.head_complete()) {
    // The time for a head does not start anew with each byte of it.
    if (state_ != State::Reading && waiting_ != Wait::Head) {
      start_wait(Wait::Head);
    }
  } else {
    if (!wait_for_body()) {
      return;
    }
    send_continue();
  }
  state_ = State::Reading;
  if (serving_.departure == Serving::Departure::HandingOver) {
    depart();
  }
}

// Returns: whether the client still has time; else it was told.
bool Connection::wait_for_body() {
  const bool is_first = waiting_ != Wait::Body;
  if (is_first) {
    bench_->since = coarse_now();
  }
  if (!is_first && bench_->read_elsewhere) {
    resume_wait(Wait::Body, deadline_.at());
  } else {
    start_wait(Wait::Body);
  }
  if (!is_first && (is_body_too_slow() || deadline_.at() <= coarse_now())) {
    give_up(kTooSlow);
    return false;
  }
  return true;
}

// A client that sends a byte now and then must not hold a connection for ever.
bool Connection::is_body_too_slow() const noexcept {
  const auto elapsed =
      std::chrono::duration_cast<std::chrono::seconds>(coarse_now() - bench_->since);
  return elapsed > serving_.rules.body_grace &&
         bench_->parser.body_received() <
             serving_.rules.body_min_rate * static_cast<std::uint64_t>(elapsed.count());
}

// Ends the connection in the middle of a request. RFC 9110 section 15.5.9.
void Connection::give_up(const http::Refusal& refusal) {
  serving_.batch->out.clear();
  bench_->provenance.client = peer_;
  static_cast<void>(refuse(refusal));
  if (flush(false)) {
    linger();
  }
}

// Without a place for the file the body stays in memory, which --limit-request-body bounds.
void Connection::spool_if_large() {
  http::RequestParser& parser = bench_->parser;
  if (parser.stored().size() < kSpooled) {
    return;
  }
  if (!bench_->spool.has_value()) {
    auto spool = Spool::open();
    if (!spool) {
      return;
    }
    bench_->spool.emplace(std::move(*spool));
  }
  if (!bench_->spool->append(parser.stored())) {
    bench_->refusal = &kNoPlaceForBody;
  }
  parser.forget_stored();
}

void Connection::finish_spool() {
  if (!bench_->spool->append(bench_->parser.body()) || !bench_->spool->close()) {
    bench_->refusal = &kNoPlaceForBody;
  }
}

// RFC 9110 section 10.1.1. A client that does not get it sends its body all the same after a while,
// so that nothing is lost when the socket takes no more at this moment.
void Connection::send_continue() {
  if (!bench_->parser.head().expects_continue || bench_->continue_sent ||
      bench_->parser.body_received() > 0) {
    return;
  }
  bench_->continue_sent = true;
  std::string text;
  http::append_continue(text);
  ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
}

void Connection::discard() {
  std::array<char, 16 * 1024> nothing;
  const ssize_t count = ::recv(fd_.get(), nothing.data(), nothing.size(), 0);
  if (count == 0 || (count < 0 && !net::would_block())) {
    close();
  }
}

void Connection::deadline_passed() {
  if (state_ == State::Idle) {
    read();  // What has come in time, and was not looked at yet, counts.
    if (state_ != State::Idle) {
      return;
    }
  }
  if (state_ == State::Awaiting && waiting_ != Wait::Body) {
    answer_is_overdue();
    return;
  }
  const bool is_reading = waiting_ == Wait::Head || waiting_ == Wait::Body;
  if (!is_reading || bench_ == nullptr) {
    close();  // A client that has sent nothing at all is not told.
    return;
  }
  if (awaits_preamble_) {
    close();
  } else {
    give_up(kTooSlow);
  }
}

void Connection::go_idle() {
  serving_.benches.give_back(std::move(bench_));
  become_idle();
}

// Waits for the next request; or for whatever a worker that leaves has in mind for idle
// connections.
void Connection::become_idle() {
  state_ = State::Idle;
  start_wait(Wait::Request);
  if (serving_.departure != Serving::Departure::None) {
    depart();
  }
}

// Closing a socket with unread input makes the kernel send a reset, which may overtake the answer:
// say that nothing more will be sent, and take in what still comes. RFC 9112 section 9.6.
void Connection::linger() {
  give_bench_back();
  ::shutdown(fd_.get(), SHUT_WR);
  state_ = State::Lingering;
  start_wait(Wait::LastBytes);
  watcher_.wait_for(IoWatcher::kReadable);
}

void Connection::cut() noexcept {
  if (state_ != State::Closed) {
    close();
  }
}

void Connection::close() noexcept {
  deadline_.cancel();
  watcher_.stop();
  fd_.reset();
  serving_.peers.remove(socket_peer_);
  if (bench_ != nullptr) {
    if (bench_->status != 0) {  // In the middle of a body.
      log_access(bench_->status, bench_->body_sent());
    }
    give_bench_back();
  }
  state_ = State::Closed;
  serving_.unused.push_back(this);
}

void Connection::start_wait(Wait wait) noexcept {
  waiting_ = wait;
  serving_.deadlines.start(deadline_, wait, coarse_now());
}

// A client that is handed around must not get more time by that than one that stays: what is left
// of its wait goes on.
void Connection::resume_wait(Wait wait, TimePoint end) noexcept {
  waiting_ = wait;
  serving_.deadlines.resume(deadline_, wait, end, coarse_now());
}

}  // namespace appserver::worker
