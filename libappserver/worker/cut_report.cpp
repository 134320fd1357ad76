#include "worker/cut_report.h"

#include <chrono>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace appserver::worker {
namespace {

constexpr unsigned kMostLines = 100;

void tell(const OpenExchange& exchange, observe::Log& log) {
  std::string peer;
  exchange.peer.append_host(peer);
  // A request whose head is not there yet has no name.
  const bool has_name = !exchange.method.empty();
  const std::chrono::duration<double> age =
      exchange.since ? Clock::now() - *exchange.since : Duration::zero();
  log.warning("an exchange was cut: its worker was stopped",
              {{"method", has_name ? exchange.method : "-"},
               {"target", has_name ? exchange.target : "-"},
               {"phase", exchange.phase},
               {"seconds", age.count()},
               {"peer", std::string_view(peer)},
               {"earlier_requests", exchange.earlier_requests}});
}

}  // namespace

void report_cut(const Connections& connections, observe::Log& log) {
  unsigned exchanges = 0;
  connections.for_each([&](const Connection& connection) {
    if (const auto exchange = connection.open_exchange()) {
      if (++exchanges <= kMostLines) {
        tell(*exchange, log);
      }
    }
  });
  if (connections.count() > 0) {
    log.warning("the worker was stopped with open connections",
                {{"connections", connections.count()}, {"exchanges", exchanges}});
  }
}

}  // namespace appserver::worker
