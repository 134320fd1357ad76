// Awaiting: how a connection gets an answer that is made elsewhere.

#include <chrono>
#include <sys/socket.h>
#include <utility>

#include "base/coarse_clock.h"
#include "net/would_block.h"
#include "worker/connection.h"
#include "worker/serving.h"

namespace appserver::worker {
namespace {

constexpr http::Refusal kOverdue{504, "The request was not answered in time."};

}  // namespace

bool Connection::needs_first_thread() const {
  const bool can_use_pool = serving_.threads != nullptr && !bench_->undecided &&
                            !bench_->sink.has_value() && !serving_.gate.may_want_first_thread() &&
                            !serving_.gate.is_barred(bench_->parser.head());
  return !can_use_pool && !is_answered_without_app();
}

Connection::Turn Connection::answer_on_pool(const Incoming& request) {
  if (!serving_.threads->has_room()) {
    return Turn::Thread;
  }
  serving_.gate.count_request();
  bench_->detached = &serving_.detached.begin(request);
  bench_->detached->await_by(*this);
  serving_.threads->handle(*bench_->detached);
  return Turn::Answer;
}

void Connection::await_answer() {
  state_ = State::Awaiting;
  watcher_.wait_for(IoWatcher::kReadable);
  DetachedExchange& exchange = *bench_->detached;
  const DetachedExchange::News news = exchange.look();
  start_answer_wait(news.deadline);
  if (news.answered) {
    // Its letter came while earlier responses were being written. This may be the loop's dispatch,
    // where no answer is given.
    serving_.detached.mailbox().post({&exchange, {}});
  } else if (exchange.wants_body()) {
    give_piece_or_wait();
  }
}

void Connection::start_answer_wait(std::optional<TimePoint> at) {
  if (at == TimePoint::max() || (!at && serving_.rules.handler_time.count() == 0)) {
    deadline_.cancel();
  } else if (at) {
    waiting_ = Wait::Answer;
    serving_.deadlines.start_until(deadline_, *at, coarse_now());
  } else {
    start_wait(Wait::Answer);
  }
}

void Connection::await_more() {
  if (bench_->detached == nullptr) {
    close();  // Nobody could say that there is more.
  } else if (bench_->detached->take_resumed()) {
    get_in_line_for_more();
  } else {
    deadline_.cancel();
    state_ = State::Awaiting;
    watcher_.wait_for(IoWatcher::kReadable);
  }
}

void Connection::get_in_line_for_more() {
  deadline_.cancel();
  state_ = State::Queued;
  serving_.continuing.push_back(this);
}

void Connection::hear_from(DetachedExchange& exchange) {
  const DetachedExchange::News news = exchange.look();
  if (state_ != State::Awaiting) {
    return;  // It looks for itself when it begins to wait.
  }
  if (!bench_->outbox.is_empty()) {
    if (news.resumed && exchange.take_resumed()) {
      get_in_line_for_more();
    }
  } else if (news.answered) {
    deliver();
  } else {
    if (news.deadline) {
      start_answer_wait(news.deadline);
    }
    if (exchange.wants_body()) {
      give_piece_or_wait();
    }
  }
}

void Connection::deliver() {
  deadline_.cancel();
  state_ = State::Queued;
  Batch& batch = *serving_.batch;
  batch.out.clear();
  batch.answered = 0;
  batch.response_begun = false;
  DetachedExchange& exchange = *bench_->detached;
  Outcome outcome = exchange.take_answer(batch.out);
  outcome.detached = &exchange;
  serving_.gate.count_answer(outcome.status, exchange.began());
  // Other answers wait behind this one: code of the app has its turn later.
  const Turn turn = conclude(std::move(outcome), true);
  if (turn == Turn::Body) {
    continue_response(false);
  } else if (follow(turn) && flush(true)) {
    get_in_line();
  }
}

void Connection::await_thread_again() {
  deadline_.cancel();
  part_from_exchange();
  state_ = State::Queued;
  serving_.for_threads.push_back(this);
}

// What has come from the client waits in the kernel: its next request, or its end.
void Connection::watch_client() {
  if (bench_->outbox.is_empty() && bench_->detached->wants_body()) {
    receive_piece();
    return;
  }
  char next = 0;
  const ssize_t count = ::recv(fd_.get(), &next, 1, MSG_PEEK);
  if (count < 0 && net::would_block()) {
    return;
  }
  // A handler that runs on a thread answers as if it ran on the first one, where nobody looks: a
  // client may close its sending side and wait for the answer.
  if (count > 0 || bench_->detached->is_in_handler()) {
    watcher_.stop();
  } else {
    close();
  }
}

void Connection::answer_is_overdue() {
  DetachedExchange& exchange = *bench_->detached;
  if (!exchange.cancel()) {
    return;  // It came at the last moment, and its letter is under way.
  }
  if (exchange.is_running_on_pool()) {
    serving_.has_stuck_thread = true;
  }
  exchange.report("the handler exceeded its time, and the client was answered 504");
  serving_.gate.count_answer(kOverdue.status, exchange.began());
  serving_.batch->out.clear();
  static_cast<void>(refuse(kOverdue));
  if (flush(false)) {
    linger();
  }
}

// The answer has left.
void Connection::part_from_exchange() {
  if (bench_->detached != nullptr) {
    std::unique_ptr<Workbench> none;
    serving_.detached.part(*std::exchange(bench_->detached, nullptr), none);
  }
}

// Of a connection that ends, or has nothing more to do with the bench. While the app is still at an
// exchange that nobody awaits any more, its request has to stay.
void Connection::give_bench_back() {
  if (bench_ == nullptr) {
    return;
  }
  if (DetachedExchange* exchange = std::exchange(bench_->detached, nullptr); exchange != nullptr) {
    if (exchange->cancel()) {
      serving_.detached.mailbox().post({nullptr, {nullptr, nullptr, exchange}});
    }
    serving_.benches.strip(*bench_);
    serving_.detached.part(*exchange, bench_);
  }
  if (bench_ != nullptr) {
    serving_.benches.give_back(std::move(bench_));
  }
}

}  // namespace appserver::worker
