#include "worker/app_gate.h"

#include <array>
#include <chrono>
#include <random>

#include "base/coarse_clock.h"
#include "http/field.h"

namespace appserver::worker {
namespace {

std::uint64_t random_start() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

// For the scoreboard, when no request is to blame.
http::RequestHead nobody() {
  http::RequestHead head;
  head.method = "-";
  head.target = "a function that the app posted";
  return head;
}

}  // namespace

AppGate::AppGate(const Surroundings& surroundings, Duration timeout)
    : places_(surroundings.places),
      score_(surroundings.score),
      barred_(surroundings.barred),
      baton_(surroundings.baton),
      failures_(surroundings.failures),
      timeout_(timeout),
      ids_(random_start()),
      exchange_(ids_, score_, surroundings.detached) {}

bool AppGate::streams_body(const Incoming& incoming, std::string& out) {
  const AppPlace& place = *incoming.destination.place;
  if (place.streams_body == nullptr || barred_until(incoming.head)) {
    return false;
  }
  exchange_.begin(incoming, out);
  return mark(incoming.head, incoming.provenance.client, [this, &place] {
    return place.streams_body(place.app->state, &exchange_.request()) != 0;
  });
}

bool AppGate::wants_first_thread(const Incoming& incoming, std::string& out) {
  const AppPlace& place = *incoming.destination.place;
  if (place.on_worker_thread == nullptr) {
    return false;
  }
  exchange_.begin(incoming, out);
  return mark(incoming.head, incoming.provenance.client, [this, &place] {
    return place.on_worker_thread(place.app->state, &exchange_.request()) != 0;
  });
}

void AppGate::run(const AppJob& job) {
  const AppJob due = job.callback != nullptr ? job : job.exchange->take_cancel_callback();
  if (due.callback == nullptr) {
    return;
  }
  static const http::RequestHead kNobody = nobody();
  exchange_of_job_.store(due.exchange, std::memory_order_relaxed);
  const auto call = [&due] {
    due.callback(due.state, due.result);
    return true;
  };
  if (due.exchange == nullptr) {
    mark(kNobody, {}, call);
  } else {
    mark(due.exchange->head(), due.exchange->client(), call);
  }
  exchange_of_job_.store(nullptr, std::memory_order_relaxed);
}

template <typename Call>
std::invoke_result_t<const Call&> AppGate::mark(const http::RequestHead& head,
                                                const net::PeerAddress& client, const Call& call) {
  const TimePoint now = coarse_now();
  called_at_ = now;
  score_.begin_exchange(
      {head.method, head.target, http::value_of(head.fields, "x-request-id"), client}, now,
      timeout_.count() == 0 ? TimePoint::max() : now + timeout_);
  is_running_app_.store(true, std::memory_order_relaxed);
  baton_.lend();
  const auto result = call();
  is_running_app_.store(false, std::memory_order_relaxed);
  baton_.take_back();
  score_.end_exchange();
  return result;
}

template <typename Call>
int AppGate::call_handler(const Incoming& incoming, std::string& out, const Call& call) {
  exchange_.begin(incoming, out);
  failures_.forget_earlier(*incoming.destination.place);
  return mark(incoming.head, incoming.provenance.client, call);
}

bool AppGate::is_barred(const http::RequestHead& head) const noexcept {
  return barred_until(head).has_value();
}

std::optional<TimePoint> AppGate::barred_until(const http::RequestHead& head) const noexcept {
  if (barred_.is_empty()) {
    return std::nullopt;
  }
  return barred_.barred_until(head.method, ipc::path_of(head.target), coarse_now());
}

void AppGate::identify_exchange() const noexcept {
  if (!score_.has_request_id()) {
    const std::array<char, RequestIds::kLength> id = ids_.peek_next();
    score_.set_request_id({id.data(), id.size()});
  }
}

Outcome AppGate::answer(const Incoming& incoming, std::string& out) {
  score_.count_request();
  if (const auto until = barred_until(incoming.head)) {
    exchange_.begin(incoming, out);
    exchange_.answer_unavailable(std::chrono::ceil<std::chrono::seconds>(*until - Clock::now()));
    return exchange_.take_outcome();
  }
  const appserver_app& app = *incoming.destination.place->app;
  const int result = call_handler(incoming, out, [this, &app] {
    return app.handle(app.state, exchange_.handle(), &exchange_.request());
  });
  return conclude(out, result);
}

bool AppGate::take_in(AppSink& sink, const Incoming& incoming, std::string_view bytes,
                      std::string& out) {
  const int result = call_handler(incoming, out, [&] { return sink.chunk(bytes); });
  if (result != APPSERVER_OK) {
    failures_.report(exchange_, result);
  }
  return result == APPSERVER_OK;
}

Outcome AppGate::finish(AppSink& sink, const Incoming& incoming, std::string& out) {
  const int result = call_handler(incoming, out, [&] { return sink.end(exchange_.handle()); });
  return conclude(out, result);
}

AppSource::Made AppGate::produce(AppSource& source, const http::RequestHead& head,
                                 const net::PeerAddress& client, std::string& out) {
  return mark(head, client, [&] { return source.produce(out); });
}

Outcome AppGate::conclude(std::string& out, int result) {
  if (result != APPSERVER_OK || !exchange_.is_settled()) {
    failures_.report(exchange_, result);
  }
  if (!exchange_.is_settled()) {
    exchange_.answer_with_error(500);
  }
  Outcome outcome = take_outcome(out);
  if (outcome.status != 0) {
    count_answer(outcome.status, called_at_);
  }
  return outcome;
}

Outcome AppGate::take_outcome(std::string& out) {
  Outcome outcome = exchange_.take_outcome();
  DetachedExchange* detached = outcome.detached;
  if (detached == nullptr || !detached->handler_returned()) {
    return outcome;
  }
  Outcome given_already = detached->take_answer(out);
  given_already.detached = detached;
  return given_already;
}

}  // namespace appserver::worker
