#include <array>

#include "config/option_rows.h"
#include "config/text_checks.h"

namespace appserver::config {
namespace {

constexpr std::array kRows{
    OptionRow{.name = "bind",
              .flag = 'b',
              .group = Group::Sockets,
              .field = ListField{&Options::bind, false, check_filled},
              .metavar = "ADDRESS",
              .help = "Where to listen: HOST:PORT, [IPV6]:PORT, :PORT, unix:PATH, unix:@ABSTRACT, "
                      "fd://N, or fd://NAME for sockets that systemd passes; may be given several "
                      "times. Port 0 takes a free port and prints it. Without it, passed sockets "
                      "come before the default."},
    OptionRow{.name = "backlog",
              .group = Group::Sockets,
              .field = NumberField<int>{&Options::backlog, 1, 65535},
              .metavar = "COUNT",
              .help = "Connections that may wait on a socket to be accepted. More than the "
                      "system's somaxconn is reduced to it, with a warning."},
    OptionRow{.name = "socket-mode",
              .group = Group::Sockets,
              .field = ModeField{&Options::socket_mode},
              .metavar = "MODE",
              .help = "File mode of unix: sockets, in octal: who may write may connect. An empty "
                      "text leaves it to the umask."},
    OptionRow{.name = "socket-owner",
              .group = Group::Sockets,
              .field = TextField{&Options::socket_owner},
              .metavar = "USER[:GROUP]",
              .help = "Owner of unix: sockets, by name or number; :GROUP changes the group alone.",
              .default_text = "--user and --group, else unchanged"},
    OptionRow{.name = "proxy-protocol",
              .group = Group::Sockets,
              .field = FlagField{&Options::proxy_protocol},
              .help = "Expect a PROXY protocol header, version 1 or 2, at the start of every "
                      "connection; one without it is refused."},
    OptionRow{.name = "proxy-allow-from",
              .group = Group::Sockets,
              .field = TextField{&Options::proxy_allow_from},
              .metavar = "LIST",
              .help = "Who may connect with --proxy-protocol: addresses, CIDR blocks, unix or *, "
                      "separated by commas; 127.0.0.1 and ::1 include unix."},
    OptionRow{.name = "forwarded-allow-ips",
              .group = Group::Sockets,
              .field = TextField{&Options::forwarded_allow_ips},
              .metavar = "LIST",
              .help = "Whose X-Forwarded-* and Forwarded fields are believed: addresses, CIDR "
                      "blocks, unix or *, separated by commas; 127.0.0.1 and ::1 include unix. An "
                      "empty text believes nobody."},
};

}  // namespace

std::span<const OptionRow> socket_rows() {
  return kRows;
}

}  // namespace appserver::config
