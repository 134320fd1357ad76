#include "config/command_line.h"

#include <algorithm>
#include <array>

#include <CLI/CLI.hpp>

#include "config/nearest_name.h"
#include "config/option_value.h"
#include "config/quote.h"
#include "config/units.h"

namespace appserver::config {
namespace {

constexpr std::string_view kCheckCommand = "check";
constexpr std::string_view kNewCommand = "new";

constexpr std::array kGeneralOptions{
    GeneralOption{.name = "config",
                  .flag = 'c',
                  .metavar = "FILE",
                  .help = "Read options from this TOML file; see also APPSERVERD_CONFIG."},
    GeneralOption{.name = "check-config",
                  .help = "Check the configuration and exit.",
                  .asked = &CommandLine::check_config},
    GeneralOption{.name = "print-config",
                  .help = "Print the configuration in effect as TOML and exit.",
                  .asked = &CommandLine::print_config},
    GeneralOption{.name = "version",
                  .flag = 'v',
                  .help = "Print the version and exit.",
                  .asked = &CommandLine::version},
    GeneralOption{.name = "help",
                  .flag = 'h',
                  .help = "Print this text and exit.",
                  .asked = &CommandLine::help},
};

std::string cli_name(std::string_view name, char flag) {
  const std::string long_name = "--" + std::string(name);
  return flag == '\0' ? long_name : std::string{'-', flag, ','} + long_name;
}

// The library's view of the option table. It only splits arguments into options and texts; types,
// bounds and defaults are the table's business.
class Grammar {
 public:
  Grammar() {
    app_.set_help_flag();
    // Unknown options are reported here, with a suggestion.
    app_.allow_extras();
    for (const OptionRow& row : option_table()) {
      row_options_.push_back(add_row(row));
    }
    for (const GeneralOption& general : kGeneralOptions) {
      const std::string name = cli_name(general.name, general.flag);
      general_options_.push_back(general.asked == nullptr ? add_valued(name) : add_flag(name));
    }
  }

  // Errors: CLI::ParseError is thrown.
  void parse(std::vector<std::string> arguments) {
    // The library takes its arguments from the back.
    std::reverse(arguments.begin(), arguments.end());
    app_.parse(std::move(arguments));
  }

  // What is neither an option nor the first positional argument.
  [[nodiscard]] std::vector<std::string> extras() const { return app_.remaining(); }

  [[nodiscard]] CommandLine result() const {
    CommandLine command_line;
    for (std::size_t i = 0; i < row_options_.size(); ++i) {
      if (row_options_[i]->count() > 0) {
        command_line.occurrences.push_back({&option_table()[i], row_options_[i]->results()});
      }
    }
    for (std::size_t i = 0; i < kGeneralOptions.size(); ++i) {
      const CLI::Option& given = *general_options_[i];
      if (given.count() == 0) {
        continue;
      }
      if (kGeneralOptions[i].asked != nullptr) {
        // "--check-config=false" is possible, as for any flag.
        command_line.*kGeneralOptions[i].asked = parse_flag(given.results().back()).value_or(true);
      } else {
        command_line.config_file = given.results().back();
      }
    }
    return command_line;
  }

 private:
  CLI::Option* add_row(const OptionRow& row) {
    if (row.positional) {
      return add_valued(std::string(row.name));
    }
    const std::string name = cli_name(row.name, row.flag);
    return std::holds_alternative<FlagField>(row.field) ? add_flag(name) : add_valued(name);
  }

  // One value each time the option is given. Without allow_extra_args(false) a list option would
  // swallow the app's name after it, and would split "[::1]" at its brackets.
  CLI::Option* add_valued(const std::string& name) {
    return app_.add_option(name)
        ->type_size(1)
        ->expected(1)
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  }

  CLI::Option* add_flag(const std::string& name) {
    return app_.add_flag(name)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  }

  CLI::App app_;
  std::vector<CLI::Option*> row_options_;      // Parallel to option_table(); owned by app_.
  std::vector<CLI::Option*> general_options_;  // Parallel to kGeneralOptions; owned by app_.
};

bool takes_value(std::string_view name) {
  const auto rows = option_table();
  const bool is_valued_row = std::any_of(rows.begin(), rows.end(), [name](const OptionRow& row) {
    return row.name == name && !row.positional && !std::holds_alternative<FlagField>(row.field);
  });
  return is_valued_row ||
         std::any_of(kGeneralOptions.begin(), kGeneralOptions.end(), [name](const auto& general) {
           return general.name == name && general.asked == nullptr;
         });
}

// The arguments behind the program's name. "--user=" becomes "--user" and "": the library would
// take the argument after it for the value.
std::vector<std::string> words_of(std::span<const char* const> arguments) {
  std::vector<std::string> words;
  bool has_ended = false;
  for (const std::string_view argument : arguments.subspan(arguments.empty() ? 0 : 1)) {
    has_ended = has_ended || argument == "--";
    if (!has_ended && argument.starts_with("--") && argument.ends_with('=') &&
        takes_value(argument.substr(2, argument.size() - 3))) {
      words.emplace_back(argument.substr(0, argument.size() - 1));
      words.emplace_back();
    } else {
      words.emplace_back(argument);
    }
  }
  return words;
}

Failure<Error> unknown_option(const std::string& argument) {
  std::vector<std::string> known;
  for (const OptionRow& row : option_table()) {
    if (!row.positional) {
      known.emplace_back(row.name);
    }
  }
  for (const GeneralOption& general : kGeneralOptions) {
    known.emplace_back(general.name);
  }
  const std::string option = argument.substr(0, argument.find('='));
  const std::string name = option.substr(std::min(option.size(), option.find_first_not_of('-')));
  const auto nearest = nearest_name(name, known);
  return failure("unknown option " + printable(option) +
                 (nearest ? "; did you mean --" + *nearest + "?" : "; see --help for the options"));
}

bool looks_like_option(std::string_view argument) {
  return argument.size() > 1 && argument.starts_with('-');
}

Result<Ok> check_extras(const std::vector<std::string>& extras, const CommandLine& command_line) {
  // The library leaves the "--" in, which ends the options.
  const auto end_of_options = std::find(extras.begin(), extras.end(), "--");
  const auto option = std::find_if(extras.begin(), end_of_options, looks_like_option);
  if (option != end_of_options) {
    return unknown_option(*option);
  }
  const auto second = std::find_if(extras.begin(), extras.end(),
                                   [](const std::string& extra) { return extra != "--"; });
  if (second == extras.end()) {
    return ok();
  }
  std::string app;
  for (const CommandLine::Occurrence& occurrence : command_line.occurrences) {
    app = occurrence.row->positional ? occurrence.values.back() : app;
  }
  return failure("one app at a time, but both " + in_quotes(app) + " and " + in_quotes(*second) +
                 " were given; usage: " + std::string(kUsage));
}

// `new` takes a name and nothing else; none of the options has a meaning for it but --help.
Result<CommandLine> parse_new(std::span<const std::string> words) {
  CommandLine command_line;
  if (words.size() == 1 && (words.front() == "--help" || words.front() == "-h")) {
    command_line.help = true;
    return command_line;
  }
  if (words.size() != 1 || looks_like_option(words.front())) {
    return failure("new takes the name of a project and nothing else; usage: " +
                   std::string(kNewUsage));
  }
  command_line.new_project = words.front();
  return command_line;
}

}  // namespace

std::span<const GeneralOption> general_options() {
  return kGeneralOptions;
}

Result<CommandLine> parse_command_line(std::span<const char* const> arguments) {
  std::vector<std::string> words = words_of(arguments);
  if (!words.empty() && words.front() == kNewCommand) {
    return parse_new(std::span(words).subspan(1));
  }
  const bool is_check = !words.empty() && words.front() == kCheckCommand;
  if (is_check) {
    words.erase(words.begin());
  }
  Grammar grammar;
  try {
    grammar.parse(words);
  } catch (const CLI::ArgumentMismatch&) {
    // Only the last argument can lack its value: an option in front of others takes the next one.
    return failure(printable(words.back()) + " needs a value; see --help");
  } catch (const CLI::Error& error) {
    return failure(printable(error.what()) + "; see --help");
  }
  CommandLine command_line = grammar.result();
  command_line.is_check = is_check;
  if (auto checked = check_extras(grammar.extras(), command_line); !checked) {
    return failure(std::move(checked).error());
  }
  return command_line;
}

Result<Ok> apply_command_line(const CommandLine& command_line, Options& options) {
  for (const CommandLine::Occurrence& occurrence : command_line.occurrences) {
    auto assigned = assign(options, *occurrence.row, occurrence.values);
    if (!assigned) {
      return failure(command_line_name(*occurrence.row) + ": " + assigned.error().message);
    }
  }
  return ok();
}

}  // namespace appserver::config
