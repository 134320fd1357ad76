#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace appserver {

// What a service manager tells a process in its environment: LISTEN_PID, LISTEN_FDS and
// LISTEN_FDNAMES (sd_listen_fds(3)), NOTIFY_SOCKET (sd_notify(3)), WATCHDOG_USEC and WATCHDOG_PID
// (sd_watchdog_enabled(3)). A plain value.
class ServiceVariables {
 public:
  ServiceVariables() = default;
  // [any]
  explicit ServiceVariables(std::vector<std::pair<std::string, std::string>> variables)
      : variables_(std::move(variables)) {}

  // Takes them out of the environment, so that neither workers nor apps, nor the programs they
  // start, see them and take them for their own. [master] While there is one thread.
  [[nodiscard]] static ServiceVariables take();

  // The value; nullopt when it was not there or empty.
  [[nodiscard]] std::optional<std::string> find(std::string_view name) const;

  // All of them, for another program that takes this one's place in the same process.
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& all() const noexcept {
    return variables_;
  }

 private:
  std::vector<std::pair<std::string, std::string>> variables_;
};

}  // namespace appserver
