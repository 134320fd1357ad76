#include "worker/app_failures.h"

namespace appserver::worker {

void AppFailures::report(Exchange& exchange, int result) {
  std::string why = exchange.incoming().destination.place->host->take_reported_error();
  if (why.empty()) {
    why = exchange.refusal();
  }
  if (why.empty()) {
    why = result == APPSERVER_OK ? "the handler returned without an answer"
                                 : "the handler failed without saying why";
  }
  report(exchange, std::string_view(why));
}

void AppFailures::report(Exchange& exchange, std::string_view why) {
  const std::string_view id = exchange.id();
  const http::RequestHead& head = exchange.incoming().head;
  const std::string& mount = exchange.incoming().destination.place->label;
  if (mount.empty()) {
    log_.error(
        "request failed",
        {{"method", head.method}, {"target", head.target}, {"request_id", id}, {"why", why}});
    return;
  }
  log_.error("request failed", {{"mount", std::string_view(mount)},
                                {"method", head.method},
                                {"target", head.target},
                                {"request_id", id},
                                {"why", why}});
}

}  // namespace appserver::worker
