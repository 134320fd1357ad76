#pragma once

#include <string>

#include "base/clock.h"
#include "supervision/supervisor.h"

namespace appserver::supervision {

// Where the server is between its start and its end, as a service manager sees it: Starting until
// the first generation is live, Reloading while another one is rolled out.
enum class ServicePhase { Starting, Serving, Reloading, Stopping };

struct ServiceStatus {
  ServicePhase phase = ServicePhase::Starting;
  std::string text;  // One line for people: "serving generation 3 with 8 workers".
  // Whether the server does what it is there for. False while no worker at all serves, but not
  // before the first one could and not in the end: those have limits of their own.
  bool is_alive = true;
  // How long nothing may happen in this phase before something is wrong.
  Duration patience{};

  friend bool operator==(const ServiceStatus&, const ServiceStatus&) = default;
};

// [master] Pure.
[[nodiscard]] ServiceStatus service_status(const Supervisor& supervisor);

}  // namespace appserver::supervision
