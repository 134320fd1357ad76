// What a connection is doing, for people to read.

#include "base/coarse_clock.h"
#include "worker/connection.h"
#include "worker/serving.h"

namespace appserver::worker {

std::optional<OpenExchange> Connection::open_exchange() const {
  if (bench_ == nullptr || state_ == State::Closed || state_ == State::Idle ||
      state_ == State::Lingering) {
    return std::nullopt;
  }
  OpenExchange exchange;
  const http::RequestParser& parser = bench_->parser;
  if (parser.head_complete()) {
    exchange.method = parser.head().method;
    exchange.target = parser.head().target;
  }
  exchange.phase = phase();
  if (bench_->since != TimePoint{}) {
    exchange.since = bench_->since;
  } else if (waiting_ == Wait::Head && state_ == State::Reading) {
    exchange.since = deadline_.at() - serving_.deadlines.span(Wait::Head);
  }
  exchange.peer = peer_;
  exchange.earlier_requests = requests_;
  return exchange;
}

void Connection::note_begin() noexcept {
  if (bench_->since == TimePoint{}) {
    bench_->since = coarse_now();
  }
}

std::string_view Connection::phase() const noexcept {
  if (!bench_->outbox.is_empty()) {
    return "sending the response";
  }
  if (state_ == State::Queued && !bench_->sink.has_value()) {
    const bool is_in_app =
        serving_.app_batch.being_served == this && serving_.gate.is_running_app();
    return is_in_app ? "in the handler" : "waiting for the handler";
  }
  if (state_ == State::Awaiting) {
    return "in the handler";
  }
  return bench_->parser.head_complete() ? "receiving the body" : "receiving the head";
}

}  // namespace appserver::worker
