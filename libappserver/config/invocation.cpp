#include "config/invocation.h"

#include <optional>
#include <utility>

#include "config/command_line.h"
#include "config/cpu_count.h"
#include "config/help.h"
#include "config/mount.h"
#include "config/text_file.h"
#include "config/toml_source.h"

namespace appserver::config {
namespace {

Invocation printing(std::string text) {
  Invocation invocation;
  invocation.mode = Invocation::Mode::PrintText;
  invocation.text = std::move(text);
  return invocation;
}

Options computed_defaults() {
  Options options;
  options.workers = default_workers();
  return options;
}

Result<Ok> apply_file(const std::string& path, Options& options) {
  const auto document = read_text_file(path);
  if (!document) {
    return failure("configuration file: " + document.error().message);
  }
  return apply_toml(*document, path, options);
}

// From the weakest source to the strongest, so that each overwrites what those below said.
Result<Ok> apply_all_sources(const CommandLine& command_line, const Environment& environment,
                             const std::optional<std::string>& file, Options& options) {
  if (file) {
    if (auto applied = apply_file(*file, options); !applied) {
      return applied;
    }
  }
  if (auto applied = apply_environment(environment, options); !applied) {
    return applied;
  }
  return apply_command_line(command_line, options);
}

// The same, and finds out whether any of them named an address: none can make the list empty.
Result<Ok> apply_sources(const CommandLine& command_line, const Environment& environment,
                         const std::optional<std::string>& file, Options& options) {
  auto default_bind = std::exchange(options.bind, {});
  auto applied = apply_all_sources(command_line, environment, file, options);
  options.bind_given = !options.bind.empty();
  if (!options.bind_given) {
    options.bind = std::move(default_bind);
  }
  return applied;
}

}  // namespace

Result<Invocation> read_invocation(std::span<const char* const> arguments,
                                   const Environment& environment) {
  const auto command_line = parse_command_line(arguments);
  if (!command_line) {
    return failure(Error(command_line.error()));
  }
  // These two must work even when the other sources are broken.
  if (command_line->help) {
    return printing(help_text(computed_defaults()));
  }
  if (command_line->version) {
    return printing(version_text());
  }
  Invocation invocation;
  if (command_line->new_project) {
    invocation.mode = Invocation::Mode::New;
    invocation.text = *command_line->new_project;
    return invocation;
  }
  invocation.options = computed_defaults();
  const auto file =
      command_line->config_file ? command_line->config_file : environment.value_of(kConfigVariable);
  invocation.config_file = file.value_or("");
  auto applied = apply_sources(*command_line, environment, file, invocation.options);
  if (applied) {
    applied = check_mounts(invocation.options);
  }
  if (!applied) {
    return failure(std::move(applied).error());
  }
  if (command_line->print_config) {
    invocation.mode = Invocation::Mode::PrintText;
    invocation.text = config_text(invocation.options);
  } else if (command_line->check_config) {
    invocation.mode = Invocation::Mode::CheckConfig;
    invocation.text = "the configuration is valid\n";
  } else if (invocation.options.app.empty() && invocation.options.mounts.empty() &&
             (command_line->is_check || invocation.options.watch_dir.empty())) {
    return failure("no app given; usage: " + std::string(kUsage) + " (--help lists the options)");
  } else {
    invocation.mode = command_line->is_check ? Invocation::Mode::Check : Invocation::Mode::Serve;
  }
  return invocation;
}

}  // namespace appserver::config
