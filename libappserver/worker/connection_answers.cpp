// Answers: how requests are given to the app and how their responses leave. The input is in
// connection.cpp.

#include <array>
#include <sys/socket.h>
#include <sys/uio.h>
#include <utility>

#include "base/coarse_clock.h"
#include "http/error_body.h"
#include "http/grammar.h"
#include "net/would_block.h"
#include "worker/connection.h"
#include "worker/serving.h"

namespace appserver::worker {
namespace {

// Responses of a pipelined batch are collected up to this size before they are sent.
constexpr std::size_t kBatchSize = 64 * 1024;

constexpr http::Refusal kBodyRefused{500, "The request body could not be taken in."};

}  // namespace

void Connection::serve() {
  serving_.batch->out.clear();
  if (bench_->outbox.is_empty()) {
    answer_requests();
  } else {
    continue_response(serving_.may_call_app());
  }
}

void Connection::answer_requests() {
  bool is_next_there = true;
  while (is_next_there) {
    serving_.batch->answered = serving_.batch->out.size();
    serving_.batch->response_begun = false;
    is_next_there = follow(answer());
  }
}

// Returns: whether the next request is there, and is to be answered now.
bool Connection::follow(Turn turn) {
  watcher_.wait_for(IoWatcher::kReadable);  // It may have been stopped while the app was at work.
  switch (turn) {
    case Turn::Next:
      part_from_exchange();
      bench_->next_request();
      if (serving_.batch->out.size() >= kBatchSize && !flush(true)) {
        return false;
      }
      if (!bench_->input.is_empty() && parse()) {
        return true;
      }
      if (flush(true)) {
        proceed(true);
      }
      break;
    case Turn::Last:
      part_from_exchange();
      if (flush(false)) {
        linger();
      }
      break;
    case Turn::Body:
      continue_response(serving_.may_call_app());
      break;
    case Turn::Wait:
      if (flush(true)) {
        proceed(true);
      }
      break;
    case Turn::App:
      if (flush(true)) {
        serving_.waiting.push_back(this);
      }
      break;
    case Turn::Thread:
      if (flush(true)) {
        serving_.for_threads.push_back(this);
      }
      break;
    case Turn::Answer:
      if (flush(true)) {
        await_answer();
      }
      break;
  }
  return false;
}

Connection::Turn Connection::answer() {
  if (bench_->refusal != nullptr) {
    bench_->provenance.client = peer_;  // What the head says is not believed.
  } else if (!bench_->sink.has_value()) {
    bench_->refusal = find_provenance();
  }
  if (bench_->refusal != nullptr) {
    return refuse(*bench_->refusal);
  }
  if (!serving_.may_call_app() && needs_first_thread()) {
    return Turn::App;
  }
  if (bench_->undecided) {
    return decide_about_body();
  }
  return bench_->sink.has_value() ? take_in_body() : answer_whole_request();
}

// Only the head is there. An app that wants to take the body in is called now.
Connection::Turn Connection::decide_about_body() {
  bench_->undecided = false;
  if (is_answered_without_app()) {
    return parse() ? answer() : Turn::Wait;
  }
  // An answer that comes before the body ends the connection: nobody reads the body then.
  Incoming request = incoming({}, false);
  request.streams_body = true;
  request.may_stay_after_body = may_keep_alive();
  if (serving_.gate.streams_body(request, serving_.batch->out)) {
    bench_->parser.stream_body();
    Outcome outcome = serving_.gate.answer(request, serving_.batch->out);
    if (!outcome.sink.has_value()) {
      return conclude(std::move(outcome), false);
    }
    bench_->sink.emplace(std::move(*outcome.sink));
  }
  return parse() ? answer() : Turn::Wait;
}

Connection::Turn Connection::take_in_body() {
  http::RequestParser& parser = bench_->parser;
  const std::string_view bytes = bench_->whole ? parser.body() : parser.stored();
  const bool keep_alive = may_keep_alive();
  const Incoming request = incoming({}, keep_alive);
  if (!bytes.empty() &&
      !serving_.gate.take_in(*bench_->sink, request, bytes, serving_.batch->out)) {
    bench_->sink.reset();
    return refuse(kBodyRefused);
  }
  if (!bench_->whole) {
    parser.forget_stored();
    return Turn::Wait;
  }
  Outcome outcome = serving_.gate.finish(*bench_->sink, request, serving_.batch->out);
  bench_->sink.reset();
  return conclude(std::move(outcome), keep_alive);
}

Connection::Turn Connection::answer_whole_request() {
  if (is_answered_without_app()) {
    return answer_without_app();
  }
  const bool keep_alive = may_keep_alive();
  const Incoming request = incoming(bench_->body(), keep_alive);
  if (serving_.threads != nullptr && !serving_.gate.is_barred(request.head) &&
      !serving_.gate.wants_first_thread(request, serving_.batch->out)) {
    return answer_on_pool(request);
  }
  return conclude(serving_.gate.answer(request, serving_.batch->out), keep_alive);
}

Connection::Turn Connection::conclude(Outcome outcome, bool keep_alive) {
  if (outcome.detached != nullptr) {
    bench_->detached = outcome.detached;
    outcome.detached->await_by(*this);
    if (outcome.status == 0) {
      return Turn::Answer;
    }
    keep_alive = keep_alive && outcome.detached->keeps_alive();
  }
  keep_alive_ = keep_alive && !outcome.close;
  ++requests_;
  if (std::holds_alternative<std::monostate>(outcome.body)) {
    log_access(outcome.status, outcome.body_bytes);
    return keep_alive_ ? Turn::Next : Turn::Last;
  }
  bench_->status = outcome.status;
  bench_->before_body = serving_.batch->out.size();
  bench_->outbox.add(serving_.batch->out);
  if (auto* source = std::get_if<AppSource>(&outcome.body)) {
    bench_->outbox.set_body(std::move(*source));
  } else {
    bench_->outbox.set_body(std::get<FileAnswer>(std::move(outcome.body)));
  }
  return Turn::Body;
}

Connection::Turn Connection::refuse(const http::Refusal& refusal) {
  const http::RequestParser& parser = bench_->parser;
  const std::string_view accept = parser.head_complete()
                                      ? http::accept_of(parser.head())
                                      : http::guess_accept(bench_->input.unconsumed());
  const std::uint64_t body_bytes = http::append_error(
      serving_.batch->out, {refusal.status, refusal.reason, parser.head().method == "HEAD"},
      serving_.date_text(), accept, serving_.rules.error_pages);
  log_access(refusal.status, body_bytes);
  return Turn::Last;
}

// Where the request comes from: what the connection says, corrected by a proxy that is trusted.
http::Verdict Connection::find_provenance() {
  const http::RequestHead& head = bench_->parser.head();
  bench_->provenance = {peer_, over_tls_ ? http::Scheme::Https : http::Scheme::Http, head.host, 0};
  return trusts_forwarded_
             ? http::apply_forwarded(head.fields, serving_.rules.forwarders, bench_->provenance)
             : http::kAccepted;
}

bool Connection::may_keep_alive() const {
  return bench_->parser.head().keep_alive && !serving_.rules.one_request_each &&
         serving_.departure != Serving::Departure::Closing;
}

Incoming Connection::incoming(std::string_view body, bool keep_alive) {
  const http::RequestHead& head = bench_->parser.head();
  return {head,
          body,
          bench_->provenance,
          http::Reply{head.method == "HEAD", head.minor_version, keep_alive},
          serving_.date_text(),
          *this,
          serving_.rules.error_pages,
          serving_.compression.get(),
          serving_.places.find(head)};
}

AppSource::Made Connection::make(AppSource& source, std::string& out) {
  return serving_.gate.produce(source, bench_->parser.head(), bench_->provenance.client, out);
}

// Called by the handler, by way of the exchange, while the standby may have the loop: touches the
// socket and the app's batch only. What goes wrong here is noticed by the flush that follows.
void Connection::send_now(std::string& out, std::string_view body) {
  std::array<iovec, 2> pieces{iovec{out.data(), out.size()},
                              iovec{const_cast<char*>(body.data()), body.size()}};
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = pieces.size();
  const ssize_t count = ::sendmsg(fd_.get(), &message, MSG_NOSIGNAL);
  const std::size_t sent = count < 0 ? 0 : static_cast<std::size_t>(count);
  if (sent < out.size()) {
    out.erase(0, sent);
    out.append(body);
  } else {
    out.assign(body.substr(sent - out.size()));
  }
  serving_.app_batch.answered = 0;
  serving_.app_batch.response_begun = !body.empty() || !out.empty();
}

bool Connection::flush(bool keep_alive) {
  std::string& out = serving_.batch->out;
  if (out.empty()) {
    return true;
  }
  const ssize_t count = ::send(fd_.get(), out.data(), out.size(), MSG_NOSIGNAL);
  if (count < 0 && !net::would_block()) {
    close();
    return false;
  }
  const std::size_t sent = count < 0 ? 0 : static_cast<std::size_t>(count);
  if (sent == out.size()) {
    out.clear();
    return true;
  }
  bench_->outbox.add(std::string_view(out).substr(sent));
  out.clear();
  keep_alive_ = keep_alive;
  continue_response(false);
  return false;
}

void Connection::continue_response(bool may_call_app) {
  switch (bench_->outbox.send(fd_.get(), may_call_app ? this : nullptr)) {
    case Outbox::Progress::Done:
      finish_response();
      break;
    case Outbox::Progress::Blocked:
      note_begin();
      state_ = State::Writing;
      start_wait(Wait::Write);
      // Nothing more is read from a client that does not take its answers.
      watcher_.wait_for(IoWatcher::kWritable);
      break;
    case Outbox::Progress::Waits:
      await_more();
      break;
    case Outbox::Progress::NeedsApp:
      note_begin();
      get_in_line_for_more();
      break;
    case Outbox::Progress::Broken:
      close();
      break;
  }
}

void Connection::finish_response() {
  if (bench_->status != 0) {  // It had a body of its own; the request is over only now.
    log_access(bench_->status, bench_->body_sent());
    part_from_exchange();
    bench_->next_request();
  }
  bench_->outbox.clear();
  bench_->since = {};
  watcher_.wait_for(IoWatcher::kReadable);
  if (bench_->detached != nullptr && keep_alive_) {
    await_answer();  // What was written came before it in a batch.
  } else if (keep_alive_ && (bench_->whole || bench_->undecided)) {
    get_in_line();  // The next request of a batch is there, and waits for the app.
  } else {
    proceed(keep_alive_);
  }
}

void Connection::proceed(bool keep_alive) {
  if (!keep_alive) {
    linger();
  } else if (bench_->input.is_empty() && !bench_->parser.head_complete()) {
    go_idle();
  } else {
    if (!bench_->parser.head_complete()) {
      waiting_ = Wait::Request;  // The next request has begun to arrive: its time starts now.
    }
    state_ = State::Idle;
    parse_or_wait();
  }
}

void Connection::log_access(unsigned status, std::uint64_t body_bytes) {
  if (serving_.access_log == nullptr) {
    return;
  }
  std::string host;
  bench_->provenance.client.append_host(host);
  observe::AccessRecord record;
  record.host = host;
  record.status = static_cast<int>(status);
  record.bytes = body_bytes;
  const http::RequestHead& head = bench_->parser.head();
  record.method = head.method;
  record.target = head.target;
  record.http_version = 10 + head.minor_version;
  if (bench_->parser.head_complete()) {
    record.referer = http::value_of(head.fields, "referer");
    record.user_agent = http::value_of(head.fields, "user-agent");
  }
  serving_.access_log->add(serving_.wall_second(), record);
}

}  // namespace appserver::worker
