#include "base/service_variables.h"

#include <array>
#include <cstdlib>

namespace appserver {
namespace {

// LISTEN_PIDFDID is what newer versions of systemd say beside LISTEN_PID.
constexpr std::array kNames = {"LISTEN_PID",    "LISTEN_FDS",    "LISTEN_FDNAMES", "LISTEN_PIDFDID",
                               "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"};

}  // namespace

ServiceVariables ServiceVariables::take() {
  ServiceVariables taken;
  for (const char* name : kNames) {
    if (const char* value = std::getenv(name); value != nullptr) {
      taken.variables_.emplace_back(name, value);
      ::unsetenv(name);
    }
  }
  return taken;
}

std::optional<std::string> ServiceVariables::find(std::string_view name) const {
  for (const auto& [variable, value] : variables_) {
    if (variable == name && !value.empty()) {
      return value;
    }
  }
  return std::nullopt;
}

}  // namespace appserver
