#include "worker/app_gate.h"

#include <random>

#include "base/coarse_clock.h"

namespace appserver::worker {
namespace {

std::uint64_t random_start() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

}  // namespace

AppGate::AppGate(app::LoadedApp& app, app::HostServices& host, ipc::ScoreboardEntry& score,
                 observe::Log& log)
    : app_(app.description()), host_(host), score_(score), log_(log), ids_(random_start()) {}

Outcome AppGate::answer(const Incoming& incoming, std::string& out) {
  exchange_.begin(incoming, out);
  static_cast<void>(host_.take_reported_error());  // An earlier handler's words are not this one's.
  score_.begin_exchange(incoming.head.method, incoming.head.target, coarse_now());
  const int result = app_.handle(app_.state, exchange_.handle(), &exchange_.request());
  score_.end_exchange();
  if (result != APPSERVER_OK || !exchange_.is_answered()) {
    report_failure(incoming, result);
  }
  if (!exchange_.is_answered()) {
    exchange_.answer_with(500, "Internal Server Error\n");
  }
  return exchange_.outcome();
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
