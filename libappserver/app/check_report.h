#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/loaded_app.h"
#include "app/snapshot.h"

namespace appserver::app {

// A record that the app logged while it loaded.
struct LoggedLine {
  std::string level;
  std::string message;
};

// The name of one of APPSERVER_LOG_…: "warning". [any]
[[nodiscard]] std::string_view log_level_name(int level) noexcept;

// A text of the app, made fit for a terminal: control characters become \xNN. [any]
[[nodiscard]] std::string printable(std::string_view text);

// What `appserverd check` prints of an app that loads. [check child]
[[nodiscard]] std::string describe(const LoadedApp& app, const Snapshot& snapshot,
                                   const std::vector<LoggedLine>& log);

}  // namespace appserver::app
