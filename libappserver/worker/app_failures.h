#pragma once

#include <string>

#include "observe/log.h"
#include "worker/app_places.h"
#include "worker/exchange.h"

namespace appserver::worker {

// Says in the log why an app did not answer a request, or not as it should. [any thread]
class AppFailures {
 public:
  // Outlives it.
  explicit AppFailures(observe::Log& log) noexcept : log_(log) {}

  // What an earlier handler reported on this thread is not about the one that is to run now.
  void forget_earlier(const AppPlace& place) {
    static_cast<void>(place.host->take_reported_error());
  }

  // `exchange`: not used by another thread meanwhile. `result`: what the app returned.
  void report(Exchange& exchange, int result);
  // The same for a reason that the server knows itself.
  void report(Exchange& exchange, std::string_view why);

 private:
  observe::Log& log_;
};

}  // namespace appserver::worker
