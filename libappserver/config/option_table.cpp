#include "config/option_table.h"

#include <algorithm>

#include "config/option_rows.h"

namespace appserver::config {

std::span<const OptionRow> option_table() {
  static const std::vector<OptionRow> rows = [] {
    std::vector<OptionRow> all;
    for (const auto group :
         {socket_rows(), process_rows(), lifecycle_rows(), deploy_rows(), control_rows(),
          client_rows(), limit_rows(), surrounding_rows(), log_rows()}) {
      all.insert(all.end(), group.begin(), group.end());
    }
    return all;
  }();
  return rows;
}

std::string toml_key(const OptionRow& row) {
  std::string key(row.name);
  std::replace(key.begin(), key.end(), '-', '_');
  return key;
}

std::string environment_name(const OptionRow& row) {
  std::string name = "APPSERVERD_" + toml_key(row);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return name;
}

std::string command_line_name(const OptionRow& row) {
  return row.positional ? std::string(row.metavar) : "--" + std::string(row.name);
}

std::string_view group_title(Group group) {
  switch (group) {
    case Group::Sockets:
      return "Sockets";
    case Group::Processes:
      return "Processes";
    case Group::Lifecycle:
      return "Lifecycle";
    case Group::Deploys:
      return "Deploys";
    case Group::Control:
      return "Control";
    case Group::Clients:
      return "Clients";
    case Group::Limits:
      return "Limits";
    case Group::Surroundings:
      return "Surroundings";
    case Group::Logs:
      return "Logs";
  }
  return "";
}

}  // namespace appserver::config
