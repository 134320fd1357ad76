#include "worker/connection.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/socket.h>
#include <utility>

#include "base/coarse_clock.h"
#include "http/grammar.h"
#include "worker/serving.h"

namespace appserver::worker {
namespace {

// Responses of a pipelined batch are collected up to this size before they are sent.
constexpr std::size_t kBatchSize = 64 * 1024;

bool would_block() noexcept {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

// The value of a field that matters once; empty when there is none.
std::string_view value_of(const http::RequestHead& head, std::string_view lower_name) noexcept {
  for (const http::Field& field : head.fields) {
    if (http::equals_lower(field.name, lower_name)) {
      return field.value;
    }
  }
  return {};
}

}  // namespace

Connection::Connection(Serving& serving) noexcept
    : serving_(serving), deadline_(*this), watcher_(serving.loop) {}

void Connection::open(UniqueFd fd, const net::PeerAddress& peer) {
  fd_ = std::move(fd);
  peer_ = peer;
  state_ = State::Idle;
  start_wait(Wait::Head);
  watcher_.start<&Connection::on_ready>(this, fd_.get(), IoWatcher::kReadable);
  // Most clients have sent their request by now: reading at once saves a pass through the loop.
  read();
}

// --- input ---

void Connection::on_ready(int) noexcept {
  switch (state_) {
    case State::Idle:
    case State::Reading:
      read();
      break;
    case State::Writing:
      continue_writing();
      break;
    case State::Lingering:
      discard();
      break;
    case State::Queued:
    case State::Closed:
      break;
  }
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
    parse_or_wait();
  } else if (count == 0 || !would_block()) {
    // The end of input in the middle of a request: no part of it ever reaches the app.
    close();
  } else if (state_ == State::Idle) {
    serving_.benches.give_back(std::move(bench_));
  }
}

// Returns: whether a request, or the reason to refuse one, is complete.
bool Connection::parse() {
  const bool had_head = bench_->parser.head_complete();
  const auto fed = bench_->parser.feed(bench_->input.unconsumed());
  bench_->input.consumed(fed.consumed);
  if (!had_head && bench_->parser.head_complete()) {
    bench_->input.pin(bench_->parser.head_bytes());
  }
  bench_->refused = fed.progress == http::RequestParser::Progress::Failed;
  return fed.progress != http::RequestParser::Progress::NeedMore;
}

void Connection::parse_or_wait() {
  if (parse()) {
    deadline_.cancel();
    state_ = State::Queued;
    serving_.ready.push_back(this);
    return;
  }
  if (!bench_->parser.head_complete()) {
    // The time for a head does not start anew with each byte of it.
    if (state_ != State::Reading && waiting_ != Wait::Head) {
      start_wait(Wait::Head);
    }
  } else {
    start_wait(Wait::Body);
    send_continue();
  }
  state_ = State::Reading;
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
  if (count == 0 || (count < 0 && !would_block())) {
    close();
  }
}

// --- output ---

void Connection::serve() {
  serving_.out.clear();
  bool keep_alive = true;
  bool ready = true;
  while (ready) {
    keep_alive = answer();
    if (!keep_alive) {
      break;
    }
    bench_->parser.reset();
    bench_->continue_sent = false;
    bench_->input.next_request();
    if (serving_.out.size() >= kBatchSize && !flush(true)) {
      return;
    }
    ready = !bench_->input.is_empty() && parse();
  }
  if (flush(keep_alive)) {
    proceed(keep_alive);
  }
}

bool Connection::answer() {
  if (bench_->refused) {
    answer_failure();
    return false;
  }
  return answer_request();
}

bool Connection::answer_request() {
  const http::RequestHead& head = bench_->parser.head();
  const bool wants_more = head.keep_alive && !serving_.one_request_each && !serving_.draining;
  const Incoming incoming{head, bench_->parser.body(), peer_,
                          http::Reply{head.method == "HEAD", head.minor_version, wants_more},
                          serving_.date_text()};
  const Outcome outcome = serving_.gate.answer(incoming, serving_.out);
  if (serving_.access_log != nullptr) {
    log_access(outcome.status, outcome.body_bytes);
  }
  return wants_more && !outcome.close;
}

void Connection::answer_failure() {
  const http::Refusal& refusal = bench_->parser.refusal();
  http::append_error(serving_.out, {refusal.status, refusal.reason}, serving_.date_text());
  if (serving_.access_log != nullptr) {
    log_access(refusal.status, 0);
  }
}

// Sends what was collected. Returns: whether all of it left; else the rest is kept, and proceed()
// comes when the client has taken it.
bool Connection::flush(bool keep_alive) {
  const std::string& out = serving_.out;
  const ssize_t count = ::send(fd_.get(), out.data(), out.size(), MSG_NOSIGNAL);
  if (count < 0 && !would_block()) {
    close();
    return false;
  }
  const std::size_t sent = count < 0 ? 0 : static_cast<std::size_t>(count);
  if (sent == out.size()) {
    serving_.out.clear();
    return true;
  }
  bench_->unsent.assign(out, sent);
  bench_->unsent_offset = 0;
  keep_alive_after_write_ = keep_alive;
  state_ = State::Writing;
  start_wait(Wait::Write);
  // Nothing more is read from a client that does not take its answers.
  watcher_.wait_for(IoWatcher::kWritable);
  return false;
}

void Connection::continue_writing() {
  const std::string_view rest = std::string_view(bench_->unsent).substr(bench_->unsent_offset);
  const ssize_t count = ::send(fd_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
  if (count < 0) {
    if (!would_block()) {
      close();
    }
    return;
  }
  bench_->unsent_offset += static_cast<std::size_t>(count);
  if (static_cast<std::size_t>(count) < rest.size()) {
    start_wait(Wait::Write);
    return;
  }
  bench_->unsent.clear();
  watcher_.wait_for(IoWatcher::kReadable);
  proceed(keep_alive_after_write_);
}

// --- after a response ---

void Connection::proceed(bool keep_alive) {
  if (!keep_alive) {
    linger();
  } else if (bench_->input.is_empty() && !bench_->parser.head_complete()) {
    go_idle();
  } else {
    state_ = State::Idle;  // The next request has begun to arrive: its time starts now.
    waiting_ = Wait::Request;
    parse_or_wait();
  }
}

void Connection::go_idle() {
  serving_.benches.give_back(std::move(bench_));
  state_ = State::Idle;
  start_wait(serving_.draining ? Wait::Farewell : Wait::Request);
}

// Closing a socket with unread input makes the kernel send a reset, which may overtake the answer:
// say that nothing more will be sent, and take in what still comes. RFC 9112 section 9.6.
void Connection::linger() {
  serving_.benches.give_back(std::move(bench_));
  ::shutdown(fd_.get(), SHUT_WR);
  state_ = State::Lingering;
  start_wait(Wait::LastBytes);
}

void Connection::say_farewell() {
  if (state_ == State::Idle) {
    start_wait(Wait::Farewell);
  }
}

void Connection::deadline_passed() {
  if (waiting_ == Wait::Head || waiting_ == Wait::Body) {
    // RFC 9110 section 15.5.9. A client that has sent nothing at all is not told.
    if (bench_ != nullptr) {
      serving_.out.clear();
      http::append_error(serving_.out, {408, "The request did not arrive in time."},
                         serving_.date_text());
      if (flush(false)) {
        linger();
      }
      return;
    }
  }
  close();
}

void Connection::close() noexcept {
  deadline_.cancel();
  watcher_.stop();
  fd_.reset();
  if (bench_ != nullptr) {
    serving_.benches.give_back(std::move(bench_));
  }
  state_ = State::Closed;
  serving_.unused.push_back(this);
}

void Connection::start_wait(Wait wait) noexcept {
  waiting_ = wait;
  serving_.deadlines.start(deadline_, wait, coarse_now());
}

void Connection::log_access(unsigned status, std::uint64_t body_bytes) {
  std::string host;
  peer_.append_host(host);
  observe::AccessRecord record;
  record.host = host;
  record.status = static_cast<int>(status);
  record.bytes = body_bytes;
  const http::RequestHead& head = bench_->parser.head();
  record.method = head.method;
  record.target = head.target;
  record.http_version = 10 + head.minor_version;
  if (bench_->parser.head_complete()) {
    record.referer = value_of(head, "referer");
    record.user_agent = value_of(head, "user-agent");
  }
  serving_.access_log->add(serving_.wall_second(), record);
}

}  // namespace appserver::worker
