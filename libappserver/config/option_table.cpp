#include "config/option_table.h"

#include <algorithm>
#include <array>

#include "config/cpu_count.h"

namespace appserver::config {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kShortest{1};
// Beyond a week a time is a slip of the keyboard; it also keeps every sum of times far from
// overflow.
constexpr milliseconds kLongest = std::chrono::hours{7 * 24};
// What RFC 2616 section 14.21 called "never expires".
constexpr milliseconds kYear = std::chrono::hours{365 * 24};
constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20U;
constexpr std::uint64_t kTebibyte = std::uint64_t{1} << 40U;
// What gunicorn allows as well; more fields than this are an attack.
constexpr std::uint64_t kMostFields = 32768;

// In the order of the enumerators.
constexpr std::array<std::string_view, 4> kLogLevels{"debug", "info", "warning", "error"};
constexpr std::array<std::string_view, 2> kLogFormats{"text", "json"};

template <typename Enum, Enum Options::*member>
constexpr ChoiceField choice(std::span<const std::string_view> words) {
  return {words, [](const Options& options) { return static_cast<std::size_t>(options.*member); },
          [](Options& options, std::size_t word) { options.*member = static_cast<Enum>(word); }};
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::optional<std::string> check_filled(std::string_view text) {
  return text.empty() ? std::optional<std::string>("is empty") : std::nullopt;
}

// A portable name as POSIX.1 section 8.1 has it; other names cannot be used from a shell.
std::optional<std::string> check_variable(std::string_view text) {
  const std::string_view name = text.substr(0, text.find('='));
  const bool is_valid =
      name.size() < text.size() && !name.empty() && !is_digit(name.front()) &&
      std::all_of(name.begin(), name.end(), [](char c) { return is_letter(c) || is_digit(c); });
  return is_valid ? std::nullopt : std::optional<std::string>("is not of the form NAME=VALUE");
}

// The prefix itself is looked at by who serves it.
std::optional<std::string> check_mount(std::string_view text) {
  const std::size_t equals = text.find('=');
  const bool is_valid =
      text.starts_with('/') && equals != std::string_view::npos && equals + 1 < text.size();
  return is_valid ? std::nullopt
                  : std::optional<std::string>("is not of the form /PREFIX=DIRECTORY");
}

std::optional<std::string> check_coding(std::string_view text) {
  return text == "gzip" || text == "br" ? std::nullopt
                                        : std::optional<std::string>("is neither gzip nor br");
}

// Statuses that are errors: 400 to 599.
std::optional<std::string> check_error_page(std::string_view text) {
  const bool is_valid = text.size() > 4 && (text[0] == '4' || text[0] == '5') &&
                        is_digit(text[1]) && is_digit(text[2]) && text[3] == '=';
  return is_valid ? std::nullopt
                  : std::optional<std::string>(
                        "is not of the form STATUS=FILE, such as "
                        "404=/srv/404.html");
}

// The name becomes part of file names and of process titles.
std::optional<std::string> check_instance(std::string_view text) {
  const bool is_valid = !text.starts_with('.') && std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter(c) || is_digit(c) || c == '-' || c == '.';
  });
  return is_valid ? std::nullopt
                  : std::optional<std::string>(
                        "is not a name of letters, digits, '-', '_' and '.' (not in front)");
}

constexpr std::array kRows{
    OptionRow{.name = "bind",
              .flag = 'b',
              .group = Group::Sockets,
              .field = ListField{&Options::bind, false, check_filled},
              .metavar = "ADDRESS",
              .help = "Where to listen: HOST:PORT, [IPV6]:PORT, :PORT, unix:PATH, unix:@ABSTRACT "
                      "or fd://N; may be given several times. Port 0 takes a free port and "
                      "prints it."},
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
    OptionRow{.name = "app",
              .group = Group::Processes,
              .field = TextField{&Options::app},
              .metavar = "APP.so",
              .help = "The app to serve: a shared object that exports an appserver app.",
              .default_text = "none",
              .positional = true},
    OptionRow{.name = "workers",
              .flag = 'w',
              .group = Group::Processes,
              .field = NumberField<int>{&Options::workers, 1, kMostWorkers},
              .metavar = "COUNT",
              .help = "Worker processes.",
              .default_text = "the cgroup's CPU quota, else the cores"},
    OptionRow{.name = "lazy",
              .group = Group::Processes,
              .field = FlagField{&Options::lazy},
              .help = "Load the app in every worker instead of once before they are forked; for "
                      "apps that start threads while loading."},
    OptionRow{.name = "reload-batch",
              .group = Group::Processes,
              .field = NumberField<int>{&Options::reload_batch, 1, kMostWorkers},
              .metavar = "COUNT",
              .help = "Workers that a reload replaces at the same time."},
    OptionRow{.name = "boot-timeout",
              .group = Group::Processes,
              .field = DurationField{&Options::boot_timeout, kShortest, kLongest},
              .metavar = "TIME",
              .help = "Time for loading the app and for starting a worker."},
    OptionRow{.name = "graceful-timeout",
              .group = Group::Processes,
              .field = DurationField{&Options::graceful_timeout, kShortest, kLongest},
              .metavar = "TIME",
              .help = "Time for a leaving worker to finish its requests before it is ended."},
    OptionRow{.name = "keep-alive",
              .group = Group::Clients,
              .field = DurationField{&Options::keep_alive, milliseconds{0}, kLongest},
              .metavar = "TIME",
              .help = "How long an idle connection stays open. Keep it above the idle time of a "
                      "load balancer in front (often 60s); 0 closes after every response."},
    OptionRow{.name = "header-timeout",
              .group = Group::Clients,
              .field = DurationField{&Options::header_timeout, kShortest, kLongest},
              .metavar = "TIME",
              .help = "Time for a client to send the header of a request."},
    OptionRow{.name = "body-timeout",
              .group = Group::Clients,
              .field = DurationField{&Options::body_timeout, kShortest, kLongest},
              .metavar = "TIME",
              .help = "Time for a client to go on sending the body of a request."},
    OptionRow{.name = "body-min-rate",
              .group = Group::Clients,
              .field = SizeField{&Options::body_min_rate, 0, 1024 * kMebibyte},
              .metavar = "SIZE",
              .help = "Bytes a second that a request body has to come with on average, once it "
                      "takes longer than --body-timeout; a slower client is answered 408. 0 "
                      "allows any."},
    OptionRow{.name = "write-timeout",
              .group = Group::Clients,
              .field = DurationField{&Options::write_timeout, kShortest, kLongest},
              .metavar = "TIME",
              .help = "Time for a client to go on taking in a response."},
    OptionRow{.name = "static",
              .group = Group::Clients,
              .field = ListField{&Options::static_mounts, true, check_mount},
              .metavar = "/PREFIX=DIRECTORY",
              .help = "Folder to serve below a prefix without asking the app; may be given several "
                      "times. Hidden files and links that lead out of it are not served.",
              .default_text = "none"},
    OptionRow{.name = "static-max-age",
              .group = Group::Clients,
              .field = DurationField{&Options::static_max_age, milliseconds{0}, kYear},
              .metavar = "TIME",
              .help = "How long caches may use a file of --static without asking again; 0 makes "
                      "them ask each time."},
    OptionRow{
        .name = "compress",
        .group = Group::Clients,
        .field = ListField{&Options::compress, true, check_coding},
        .metavar = "CODING",
        .help = "Compress text, JSON and the like with gzip or br for clients that accept it; may "
                "be given twice, the better one first. Leave it off where a "
                "response shows a secret, such as a CSRF token, beside text that others can "
                "choose: the size tells the secret (BREACH).",
        .default_text = "none"},
    OptionRow{.name = "compress-min-size",
              .group = Group::Clients,
              .field = SizeField{&Options::compress_min_size, 0, kMebibyte},
              .metavar = "SIZE",
              .help = "Smallest body that is compressed."},
    OptionRow{.name = "compress-level",
              .group = Group::Clients,
              .field = NumberField<int>{&Options::compress_level, 1, 9},
              .metavar = "LEVEL",
              .help = "From 1, fast, to 9, small."},
    OptionRow{.name = "error-page",
              .group = Group::Clients,
              .field = ListField{&Options::error_pages, true, check_error_page},
              .metavar = "STATUS=FILE",
              .help = "Page that the server shows with an error of its own, such as "
                      "404=/srv/404.html; may be given several times. The file's extension tells "
                      "its type; up to 256K.",
              .default_text = "none"},
    OptionRow{.name = "worker-connections",
              .group = Group::Limits,
              .field = NumberField<int>{&Options::worker_connections, 1, 1'000'000},
              .metavar = "COUNT",
              .help = "Open connections per worker."},
    OptionRow{.name = "peer-connections",
              .group = Group::Limits,
              .field = NumberField<int>{&Options::peer_connections, 0, 1'000'000},
              .metavar = "COUNT",
              .help = "Open connections per worker from one address; further ones are closed at "
                      "once. 0 sets no limit; clients of a unix socket have none."},
    OptionRow{.name = "limit-request-line",
              .group = Group::Limits,
              .field = SizeField{&Options::limit_request_line, 1, kMebibyte},
              .metavar = "SIZE",
              .help = "Longest request line; a longer one is answered 414."},
    OptionRow{.name = "limit-request-fields",
              .group = Group::Limits,
              .field = NumberField<std::uint64_t>{&Options::limit_request_fields, 1, kMostFields},
              .metavar = "COUNT",
              .help = "Header fields per request; more are answered 431."},
    OptionRow{.name = "limit-request-field-size",
              .group = Group::Limits,
              .field = SizeField{&Options::limit_request_field_size, 1, kMebibyte},
              .metavar = "SIZE",
              .help = "Longest header field; a longer one is answered 431."},
    OptionRow{.name = "limit-request-body",
              .group = Group::Limits,
              .field = SizeField{&Options::limit_request_body, 1, kTebibyte},
              .metavar = "SIZE",
              .help = "Largest request body; a larger one is answered 413."},
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

std::span<const OptionRow> option_table() {
  return kRows;
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
