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

decltype(appserver_streaming::streams_body) find_streams_body(const app::LoadedApp& app) {
  const auto* streaming =
      static_cast<const appserver_streaming*>(app.extension(APPSERVER_STREAMING_EXTENSION));
  return streaming != nullptr && streaming->size >= sizeof *streaming ? streaming->streams_body
                                                                      : nullptr;
}

}  // namespace

AppGate::AppGate(const Surroundings& surroundings, Duration timeout)
    : app_(surroundings.app.description()),
      streams_body_(find_streams_body(surroundings.app)),
      host_(surroundings.host),
      score_(surroundings.score),
      barred_(surroundings.barred),
      baton_(surroundings.baton),
      log_(surroundings.log),
      timeout_(timeout),
      ids_(random_start()) {}

bool AppGate::streams_body(const Incoming& incoming, std::string& out) {
  if (streams_body_ == nullptr || barred_until(incoming.head)) {
    return false;
  }
  exchange_.begin(incoming, out);
  return mark(incoming.head, incoming.provenance.client,
              [this] { return streams_body_(app_.state, &exchange_.request()) != 0; });
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
  static_cast<void>(host_.take_reported_error());  // An earlier handler's words are not this one's.
  return mark(incoming.head, incoming.provenance.client, call);
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
  const int result = call_handler(incoming, out, [this] {
    return app_.handle(app_.state, exchange_.handle(), &exchange_.request());
  });
  return conclude(incoming, result);
}

bool AppGate::take_in(AppSink& sink, const Incoming& incoming, std::string_view bytes,
                      std::string& out) {
  const int result = call_handler(incoming, out, [&] { return sink.chunk(bytes); });
  if (result != APPSERVER_OK) {
    report_failure(incoming, result);
  }
  return result == APPSERVER_OK;
}

Outcome AppGate::finish(AppSink& sink, const Incoming& incoming, std::string& out) {
  const int result = call_handler(incoming, out, [&] { return sink.end(exchange_.handle()); });
  return conclude(incoming, result);
}

AppSource::Made AppGate::produce(AppSource& source, const http::RequestHead& head,
                                 const net::PeerAddress& client, std::string& out) {
  return mark(head, client, [&] { return source.produce(out); });
}

Outcome AppGate::conclude(const Incoming& incoming, int result) {
  if (result != APPSERVER_OK || !exchange_.is_settled()) {
    report_failure(incoming, result);
  }
  if (!exchange_.is_settled()) {
    exchange_.answer_with_error(500);
  }
  Outcome outcome = exchange_.take_outcome();
  if (outcome.status != 0) {
    score_.count_answer(outcome.status >= 500, coarse_now() - called_at_);
  }
  return outcome;
}

void AppGate::report_failure(const Incoming& incoming, int result) {
  std::string why = host_.take_reported_error();
  if (why.empty()) {
    why = exchange_.refusal();
  }
  if (why.empty()) {
    why = result == APPSERVER_OK ? "the handler returned without an answer"
                                 : "the handler failed without saying why";
  }
  const appserver_str id = Exchange::request_id(exchange_.handle());
  log_.error("request failed", {{"method", incoming.head.method},
                                {"target", incoming.head.target},
                                {"request_id", std::string_view(id.data, id.size)},
                                {"why", std::string_view(why)}});
}

}  // namespace appserver::worker
