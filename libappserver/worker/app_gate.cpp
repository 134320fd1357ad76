#include "worker/app_gate.h"

#include <random>

#include "base/coarse_clock.h"

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

AppGate::AppGate(app::LoadedApp& app, app::HostServices& host, ipc::ScoreboardEntry& score,
                 observe::Log& log)
    : app_(app.description()),
      streams_body_(find_streams_body(app)),
      host_(host),
      score_(score),
      log_(log),
      ids_(random_start()) {}

bool AppGate::streams_body(const Incoming& incoming, std::string& out) {
  exchange_.begin(incoming, out);
  return streams_body_ != nullptr && streams_body_(app_.state, &exchange_.request()) != 0;
}

template <typename Call>
int AppGate::mark(const Incoming& incoming, std::string& out, const Call& call) {
  exchange_.begin(incoming, out);
  static_cast<void>(host_.take_reported_error());  // An earlier handler's words are not this one's.
  score_.begin_exchange(incoming.head.method, incoming.head.target, coarse_now());
  is_running_app_.store(true, std::memory_order_relaxed);
  const int result = call();
  is_running_app_.store(false, std::memory_order_relaxed);
  score_.end_exchange();
  return result;
}

Outcome AppGate::answer(const Incoming& incoming, std::string& out) {
  const int result = mark(incoming, out, [this] {
    return app_.handle(app_.state, exchange_.handle(), &exchange_.request());
  });
  return conclude(incoming, result);
}

bool AppGate::take_in(AppSink& sink, const Incoming& incoming, std::string_view bytes,
                      std::string& out) {
  const int result = mark(incoming, out, [&] { return sink.chunk(bytes); });
  if (result != APPSERVER_OK) {
    report_failure(incoming, result);
  }
  return result == APPSERVER_OK;
}

Outcome AppGate::finish(AppSink& sink, const Incoming& incoming, std::string& out) {
  const int result = mark(incoming, out, [&] { return sink.end(exchange_.handle()); });
  return conclude(incoming, result);
}

Outcome AppGate::conclude(const Incoming& incoming, int result) {
  if (result != APPSERVER_OK || !exchange_.is_settled()) {
    report_failure(incoming, result);
  }
  if (!exchange_.is_settled()) {
    exchange_.answer_with_error(500);
  }
  return exchange_.take_outcome();
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
