#include "config/restart.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "config/option_table.h"
#include "config/option_value.h"

namespace appserver::config {
namespace {

constexpr std::array<std::string_view, 7> kFixed = {
    "name", "pid", "control-socket", "admin", "access-logfile", "error-logfile", "log-format"};

}  // namespace

std::vector<std::string> changed_for_restart(const Options& running, const Options& wanted) {
  std::vector<std::string> changed;
  for (const OptionRow& row : option_table()) {
    if (std::find(kFixed.begin(), kFixed.end(), row.name) != kFixed.end() &&
        value_text(row, running) != value_text(row, wanted)) {
      changed.push_back(command_line_name(row));
    }
  }
  return changed;
}

}  // namespace appserver::config
