#pragma once

#include <array>
#include <chrono>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "base/event_loop.h"
#include "http/date.h"
#include "http/limits.h"
#include "observe/access_log.h"
#include "worker/app_gate.h"
#include "worker/deadlines.h"
#include "worker/workbench.h"

namespace appserver::worker {

class Connection;

// What all connections of a worker share. Plain members, one thread.
struct Serving {
  Serving(EventLoop& event_loop, const http::Limits& request_limits, AppGate& app_gate,
          observe::AccessLog* log, const std::array<Duration, kWaits>& spans)
      : loop(event_loop),
        limits(request_limits),
        gate(app_gate),
        access_log(log),
        benches(limits),
        deadlines(spans) {}

  EventLoop& loop;
  http::Limits limits;
  AppGate& gate;
  observe::AccessLog* access_log;  // Null: no access log.
  WorkbenchPool benches;
  Deadlines deadlines;
  http::DateCache date;
  // Connections with complete requests, in order of arrival; worked off after each pass through the
  // loop.
  std::vector<Connection*> ready;
  // Connections without a client, to be used again.
  std::vector<Connection*> unused;
  // The responses of the connection being served; one buffer for all, as serving is not
  // interrupted.
  std::string out;
  // --keep-alive 0: every response announces the end of its connection.
  bool one_request_each = false;
  // The worker leaves, and so does every response.
  bool draining = false;

  [[nodiscard]] std::time_t wall_second() const noexcept {
    return static_cast<std::time_t>(loop.wall_time());
  }
  // For the Date field.
  [[nodiscard]] std::string_view date_text() {
    return date.text(std::chrono::sys_seconds(std::chrono::seconds(wall_second())));
  }
};

}  // namespace appserver::worker
