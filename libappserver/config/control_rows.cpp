#include <array>

#include "config/option_rows.h"

namespace appserver::config {
namespace {

constexpr std::array kRows{
    OptionRow{.name = "control-socket",
              .group = Group::Control,
              .field = TextField{&Options::control_socket},
              .metavar = "PATH",
              .help = "Unix socket, for the user of the server alone, at which it tells its state "
                      "and takes commands: HTTP and JSON, see docs/CONTROL.md. auto: control.sock "
                      "in the server's folder below /run/appserverd, or below the user's runtime "
                      "directory. none turns it off."},
    OptionRow{.name = "admin",
              .group = Group::Control,
              .field = TextField{&Options::admin},
              .metavar = "ADDRESS",
              .help = "Where else to tell the state, and nothing but that: an address as for "
                      "--bind. Without a password: choose one that only those can reach who may "
                      "see it.",
              .default_text = "none"},
};

}  // namespace

std::span<const OptionRow> control_rows() {
  return kRows;
}

}  // namespace appserver::config
