#include <array>

#include "config/option_rows.h"
#include "config/text_checks.h"

namespace appserver::config {
namespace {

constexpr std::array kRows{
    OptionRow{.name = "user",
              .flag = 'u',
              .group = Group::Surroundings,
              .field = TextField{&Options::user},
              .metavar = "USER",
              .help = "User, by name or number, that the app runs as. Needs a start as root; the "
                      "app's code never runs before the change.",
              .default_text = "unchanged"},
    OptionRow{.name = "group",
              .flag = 'g',
              .group = Group::Surroundings,
              .field = TextField{&Options::group},
              .metavar = "GROUP",
              .help = "Group, by name or number, that the app runs as.",
              .default_text = "the user's group"},
    OptionRow{.name = "umask",
              .flag = 'm',
              .group = Group::Surroundings,
              .field = ModeField{&Options::umask},
              .metavar = "MODE",
              .help = "File mode creation mask, in octal such as 022.",
              .default_text = "inherited"},
    OptionRow{.name = "chdir",
              .group = Group::Surroundings,
              .field = TextField{&Options::chdir},
              .metavar = "DIRECTORY",
              .help = "Directory to change to before the app is loaded.",
              .default_text = "the current one"},
    OptionRow{.name = "env",
              .flag = 'e',
              .group = Group::Surroundings,
              .field = ListField{&Options::env, true, check_variable},
              .metavar = "NAME=VALUE",
              .help = "Environment variable for the app; may be given several times.",
              .default_text = "none"},
    OptionRow{.name = "pid",
              .flag = 'p',
              .group = Group::Surroundings,
              .field = TextField{&Options::pid},
              .metavar = "FILE",
              .help = "File to write the master's process id to.",
              .default_text = "none"},
    OptionRow{.name = "name",
              .flag = 'n',
              .group = Group::Surroundings,
              .field = TextField{&Options::name, check_instance},
              .metavar = "NAME",
              .help = "Name of this server in process titles, logs and file names.",
              .default_text = "the app's file name without its extension"},
};

}  // namespace

std::span<const OptionRow> surrounding_rows() {
  return kRows;
}

}  // namespace appserver::config
