#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/option_table.h"

namespace appserver::config {

// The one line that every complaint about the arguments ends with.
inline constexpr std::string_view kUsage = "appserverd [OPTIONS] APP.so";
inline constexpr std::string_view kNewUsage = "appserverd new NAME";

// What the arguments say, before anything is read or checked against the option table's bounds.
struct CommandLine {
  struct Occurrence {
    const OptionRow* row;             // In the static option table.
    std::vector<std::string> values;  // In the order given; at least one.
  };
  std::vector<Occurrence> occurrences;
  std::optional<std::string> config_file;
  bool is_check = false;                   // The first word is the sub-command `check`.
  std::optional<std::string> new_project;  // The first word is `new`: the name behind it.
  bool check_config = false;
  bool print_config = false;
  bool version = false;
  bool help = false;
};

// An option that asks for something instead of setting a member of Options.
struct GeneralOption {
  std::string_view name;
  char flag = '\0';
  std::string_view metavar = {};
  std::string_view help;
  bool CommandLine::*asked = nullptr;  // Null for --config, which takes a value.
};
[[nodiscard]] std::span<const GeneralOption> general_options();

// Takes the arguments of main() apart. [any] Pure.
// Requires: `arguments` starts with the program's name, as argv does; it may be empty.
// Errors: an unknown option, with the nearest known one; an option without its value; a second app.
[[nodiscard]] Result<CommandLine> parse_command_line(std::span<const char* const> arguments);

// Sets in `options` what the command line says. [any] Pure.
// Errors: "--option: what is wrong with its value"; `options` may then be partly set.
[[nodiscard]] Result<Ok> apply_command_line(const CommandLine& command_line, Options& options);

}  // namespace appserver::config
