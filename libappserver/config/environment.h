#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/options.h"

namespace appserver::config {

// The environment as a value. It owns its texts, because a process that renames itself overwrites
// the memory that `environ` points into, and the configuration is read again on a reload.
struct Environment {
  struct Variable {
    std::string name;
    std::string value;
  };
  std::vector<Variable> variables;

  // The value of the first variable of that name, as getenv(3) finds it.
  // Returns: nullopt if there is none or if it is empty: a script that passes "${X}" on without
  // having X means "not set".
  [[nodiscard]] std::optional<std::string> value_of(std::string_view name) const;
};

// Copies a NULL-terminated array of "NAME=value" such as `environ`; entries without '=' are
// skipped. [any] Requires: `entries` is not null.
[[nodiscard]] Environment environment_from(const char* const* entries);

// The variable that names the TOML file, below the command line's --config.
inline constexpr std::string_view kConfigVariable = "APPSERVERD_CONFIG";

// Sets in `options` what the APPSERVERD_* variables say, and the workers from WEB_CONCURRENCY
// if APPSERVERD_WORKERS is not set. [any]
// Errors: an unknown APPSERVERD_ name, with the nearest known one; a value that an option cannot
// take. Variables that Kubernetes adds for a service called "appserverd" are not errors.
[[nodiscard]] Result<Ok> apply_environment(const Environment& environment, Options& options);

}  // namespace appserver::config
