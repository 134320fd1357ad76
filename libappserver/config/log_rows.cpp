#include <array>

#include "config/log_levels.h"
#include "config/option_rows.h"

namespace appserver::config {
namespace {

// In the order of the enumerators.
constexpr std::array<std::string_view, 2> kLogFormats{"text", "json"};

template <typename Enum, Enum Options::*member>
constexpr ChoiceField choice(std::span<const std::string_view> words) {
  return {words, [](const Options& options) { return static_cast<std::size_t>(options.*member); },
          [](Options& options, std::size_t word) { options.*member = static_cast<Enum>(word); }};
}

constexpr std::array kRows{
    OptionRow{.name = "access-logfile",
              .group = Group::Logs,
              .field = TextField{&Options::access_logfile},
              .metavar = "FILE",
              .help = "Where to log requests; - is standard output, an empty text is nowhere.",
              .default_text = "nowhere"},
    OptionRow{.name = "error-logfile",
              .group = Group::Logs,
              .field = TextField{&Options::error_logfile},
              .metavar = "FILE",
              .help = "Where to log what the server does and what goes wrong; - is standard error, "
                      "an empty text is nowhere."},
    OptionRow{.name = "log-level",
              .group = Group::Logs,
              .field = choice<LogLevel, &Options::log_level>(kLogLevels),
              .metavar = "LEVEL",
              .help = "Least important messages to log: debug, info, warning or error."},
    OptionRow{.name = "log-format",
              .group = Group::Logs,
              .field = choice<LogFormat, &Options::log_format>(kLogFormats),
              .metavar = "FORMAT",
              .help = "text for people, or json: one ECS-compatible object a line."},
};

}  // namespace

std::span<const OptionRow> log_rows() {
  return kRows;
}

}  // namespace appserver::config
