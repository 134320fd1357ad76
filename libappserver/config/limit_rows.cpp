#include <array>

#include "config/option_rows.h"

namespace appserver::config {
namespace {

// What gunicorn allows as well; more fields than this are an attack.
constexpr std::uint64_t kMostFields = 32768;

constexpr std::array kRows{
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
};

}  // namespace

std::span<const OptionRow> limit_rows() {
  return kRows;
}

}  // namespace appserver::config
