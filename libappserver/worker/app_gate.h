#pragma once

#include <string>

#include "app/host_services.h"
#include "app/loaded_app.h"
#include "ipc/scoreboard.h"
#include "observe/log.h"
#include "worker/exchange.h"

namespace appserver::worker {

// The one place where a worker calls the app's handler: marks the exchange on the scoreboard
// before, and turns every way of not answering into a 500 and a log record after.
class AppGate {
 public:
  // All outlive the gate.
  AppGate(app::LoadedApp& app, app::HostServices& host, ipc::ScoreboardEntry& score,
          observe::Log& log);

  // Runs the handler, for as long as it takes, and appends the response to `out`. [worker, outside
  // of the loop's dispatch]
  Outcome answer(const Incoming& incoming, std::string& out);

 private:
  void report_failure(const Incoming& incoming, int result);

  const appserver_app& app_;
  app::HostServices& host_;
  ipc::ScoreboardEntry& score_;
  observe::Log& log_;
  RequestIds ids_;
  Exchange exchange_{ids_};
};

}  // namespace appserver::worker
