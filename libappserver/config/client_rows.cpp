#include <array>

#include "config/option_rows.h"
#include "config/text_checks.h"

namespace appserver::config {
namespace {

using std::chrono::milliseconds;

constexpr std::array kRows{
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
    OptionRow{.name = "health-path",
              .group = Group::Clients,
              .field = TextField{&Options::health_path, check_path},
              .metavar = "PATH",
              .help =
                  "Path at which the server itself says 200 while it lives, even when every "
                  "handler is busy. A route of the app with this path goes first; an empty text "
                  "turns it off."},
    OptionRow{.name = "ready-path",
              .group = Group::Clients,
              .field = TextField{&Options::ready_path, check_path},
              .metavar = "PATH",
              .help = "Path at which the server itself says 200 while it takes requests and 503 "
                      "while it stops. A route of the app with this path goes first; an empty text "
                      "turns it off."},
};

}  // namespace

std::span<const OptionRow> client_rows() {
  return kRows;
}

}  // namespace appserver::config
