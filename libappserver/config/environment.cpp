#include "config/environment.h"

#include <algorithm>
#include <array>

#include "config/nearest_name.h"
#include "config/option_table.h"
#include "config/option_value.h"
#include "config/quote.h"

namespace appserver::config {
namespace {

constexpr std::string_view kPrefix = "APPSERVERD_";
// Set by Heroku and others to the number of workers that fits the container.
constexpr std::string_view kWorkersFallback = "WEB_CONCURRENCY";

std::string_view without_spaces(std::string_view text) {
  constexpr std::string_view kSpaces = " \t";
  const std::size_t first = text.find_first_not_of(kSpaces);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(kSpaces) - first + 1);
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> entries;
  while (true) {
    const std::size_t comma = text.find(',');
    entries.emplace_back(without_spaces(text.substr(0, comma)));
    if (comma == std::string_view::npos) {
      return entries;
    }
    text.remove_prefix(comma + 1);
  }
}

// Kubernetes gives every pod variables for the services of its namespace ("service links"): a
// service called appserverd or appserverd-x makes APPSERVERD_SERVICE_HOST, APPSERVERD_PORT,
// APPSERVERD_X_PORT_80_TCP_ADDR and so on. A server that refuses to start because of its own
// service's name would be of no use there.
bool is_service_link(const Environment::Variable& variable) {
  const std::string_view name = variable.name;
  const auto contains = [name](std::string_view part) {
    return name.find(part) != std::string_view::npos;
  };
  if (name.ends_with("_SERVICE_HOST") || name.ends_with("_SERVICE_PORT") ||
      contains("_SERVICE_PORT_")) {
    return true;
  }
  constexpr std::array<std::string_view, 3> kProtocols{"_TCP", "_UDP", "_SCTP"};
  const bool has_protocol =
      std::any_of(kProtocols.begin(), kProtocols.end(), contains) && contains("_PORT_");
  return has_protocol ||
         (name.ends_with("_PORT") && variable.value.find("://") != std::string::npos);
}

// Names without the prefix, which would make every wrong name look similar to every right one.
std::vector<std::string> known_suffixes() {
  std::vector<std::string> names{std::string(kConfigVariable.substr(kPrefix.size()))};
  for (const OptionRow& row : option_table()) {
    names.push_back(environment_name(row).substr(kPrefix.size()));
  }
  return names;
}

Result<Ok> check_names(const Environment& environment) {
  const std::vector<std::string> known = known_suffixes();
  for (const Environment::Variable& variable : environment.variables) {
    if (!variable.name.starts_with(kPrefix) || is_service_link(variable)) {
      continue;
    }
    const std::string suffix = variable.name.substr(kPrefix.size());
    if (std::find(known.begin(), known.end(), suffix) != known.end()) {
      continue;
    }
    const auto nearest = nearest_name(suffix, known);
    return failure("unknown environment variable " + in_quotes(variable.name) +
                   (nearest ? "; did you mean " + std::string(kPrefix) + *nearest + "?"
                            : "; see --help for the options, or unset it"));
  }
  return ok();
}

Result<Ok> apply_variable(std::string_view name, const std::string& value, const OptionRow& row,
                          Options& options) {
  const auto values =
      std::holds_alternative<ListField>(row.field) ? split_list(value) : std::vector{value};
  auto assigned = assign(options, row, values);
  if (!assigned) {
    return failure("environment variable " + std::string(name) + ": " + assigned.error().message);
  }
  return assigned;
}

}  // namespace

std::optional<std::string> Environment::value_of(std::string_view name) const {
  const auto found = std::find_if(variables.begin(), variables.end(),
                                  [name](const Variable& each) { return each.name == name; });
  if (found == variables.end() || found->value.empty()) {
    return std::nullopt;
  }
  return found->value;
}

Environment environment_from(const char* const* entries) {
  Environment environment;
  for (; *entries != nullptr; ++entries) {
    const std::string_view entry = *entries;
    const std::size_t equals = entry.find('=');
    if (equals != std::string_view::npos) {
      environment.variables.push_back(
          {std::string(entry.substr(0, equals)), std::string(entry.substr(equals + 1))});
    }
  }
  return environment;
}

Result<Ok> apply_environment(const Environment& environment, Options& options) {
  if (auto checked = check_names(environment); !checked) {
    return checked;
  }
  for (const OptionRow& row : option_table()) {
    std::string name = environment_name(row);
    auto value = environment.value_of(name);
    if (!value && row.name == "workers") {
      name = kWorkersFallback;
      value = environment.value_of(name);
    }
    if (!value) {
      continue;
    }
    if (auto applied = apply_variable(name, *value, row, options); !applied) {
      return applied;
    }
  }
  return ok();
}

}  // namespace appserver::config
