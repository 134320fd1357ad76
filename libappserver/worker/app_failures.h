#pragma once

#include <string>

#include "app/host_services.h"
#include "observe/log.h"
#include "worker/exchange.h"

namespace appserver::worker {

// Says in the log why the app did not answer a request, or not as it should. [any thread]
class AppFailures {
 public:
  // Both outlive it.
  AppFailures(app::HostServices& host, observe::Log& log) noexcept : host_(host), log_(log) {}

  // What an earlier handler reported on this thread is not about the one that is to run now.
  void forget_earlier() { static_cast<void>(host_.take_reported_error()); }

  // `exchange`: not used by another thread meanwhile. `result`: what the app returned.
  void report(Exchange& exchange, int result);
  // The same for a reason that the server knows itself.
  void report(Exchange& exchange, std::string_view why);

 private:
  app::HostServices& host_;
  observe::Log& log_;
};

}  // namespace appserver::worker
