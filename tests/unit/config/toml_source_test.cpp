#include "config/toml_source.h"

#include <doctest/doctest.h>

using namespace appserver::config;

namespace {

Options options_of(std::string_view document) {
  Options options;
  const auto applied = apply_toml(document, "app.toml", options);
  REQUIRE_MESSAGE(applied.has_value(), applied.error().message);
  return options;
}

std::string error_of(std::string_view document) {
  Options options;
  const auto applied = apply_toml(document, "app.toml", options);
  return applied ? "" : applied.error().message;
}

using Texts = std::vector<std::string>;
using std::chrono::milliseconds;
using std::chrono::seconds;

}  // namespace

TEST_CASE("TOML: each kind of option is written in its natural way") {
  const Options options = options_of(R"(
app = "app.so"  # a comment
bind = [":1", "unix:/run/app.sock"]
workers = 3
lazy = true
keep_alive = 5
limit_request_body = "1G"
limit_request_line = 4096
umask = "027"
log_level = "debug"
)");
  CHECK(options.app == "app.so");
  CHECK(options.bind == Texts{":1", "unix:/run/app.sock"});
  CHECK(options.workers == 3);
  CHECK(options.lazy);
  CHECK(options.keep_alive == seconds(5));
  CHECK(options.limit_request_body == std::uint64_t{1} << 30U);
  CHECK(options.limit_request_line == 4096);
  CHECK(options.umask == 027U);
  CHECK(options.log_level == LogLevel::Debug);
}

TEST_CASE("TOML: a duration is a number of seconds or a text with a unit") {
  CHECK(options_of("keep_alive = 0.5").keep_alive == milliseconds(500));
  CHECK(options_of("keep_alive = 1e1").keep_alive == seconds(10));
  CHECK(options_of("keep_alive = \"500ms\"").keep_alive == milliseconds(500));
  CHECK(options_of("keep_alive = 0").keep_alive == milliseconds(0));
}

TEST_CASE("TOML: a number that is no duration is refused") {
  for (const char* const value : {"-1", "-0.5", "inf", "nan", "1e300", "9223372036854775807"}) {
    CAPTURE(value);
    CHECK(error_of(std::string("keep_alive = ") + value).starts_with("app.toml:1: keep_alive: "));
  }
}

TEST_CASE("TOML: a single text may stand for a list of one") {
  CHECK(options_of("bind = \":1\"").bind == Texts{":1"});
  CHECK(options_of("bind = \":1,:2\"").bind == Texts{":1,:2"});
  CHECK(options_of("env = []").env.empty());
}

TEST_CASE("TOML: an empty document changes nothing") {
  CHECK(options_of("").bind == Options{}.bind);
  CHECK(options_of("# only a comment\n").workers == Options{}.workers);
}

TEST_CASE("TOML: an unknown key is told with its line and the nearest known key") {
  CHECK(error_of("\n\nwrokers = 2\n") ==
        "app.toml:3: unknown key 'wrokers'; did you mean 'workers'?");
  CHECK(error_of("keep-alive = 2") ==
        "app.toml:1: unknown key 'keep-alive'; did you mean 'keep_alive'?");
  CHECK(error_of("colour = 2") == "app.toml:1: unknown key 'colour'; see --help for the options");
  CHECK(error_of("config = \"x\"").starts_with("app.toml:1: unknown key 'config'"));
  CHECK(error_of("\"a\\nb\" = 1").starts_with("app.toml:1: unknown key 'a\\x0ab'"));
}

TEST_CASE("TOML: the first mistake in the file is told, whatever its key") {
  CHECK(error_of("zzz = 1\naaa = 1").starts_with("app.toml:1: unknown key 'zzz'"));
  CHECK(error_of("workers = 0\naaa = 1").starts_with("app.toml:1: workers: "));
}

TEST_CASE("TOML: keys stand at the top level") {
  CHECK(error_of("workers = 1\n[server]\nworkers = 2") ==
        "app.toml:2: unknown table 'server'; all keys stand at the top level, or in "
        "[[deploy.check]] and [[mount]]");
  CHECK(error_of("workers.count = 2") ==
        "app.toml:1: workers: expected a whole number, found a table");
}

TEST_CASE("TOML: a value of the wrong type is told with the right one") {
  CHECK(error_of("workers = \"3\"") ==
        "app.toml:1: workers: expected a whole number, found a text");
  CHECK(error_of("workers = 3.0") ==
        "app.toml:1: workers: expected a whole number, found a fraction");
  CHECK(error_of("workers = [3]") == "app.toml:1: workers: expected a whole number, found a list");
  CHECK(error_of("limit_request_fields = true") ==
        "app.toml:1: limit_request_fields: expected a whole number, found true or false");
  CHECK(error_of("lazy = 1") == "app.toml:1: lazy: expected true or false, found a whole number");
  CHECK(error_of("bind = 8000") ==
        "app.toml:1: bind: expected a list of texts, found a whole number");
  CHECK(error_of("bind = [\":1\", 2]") ==
        "app.toml:1: bind: expected a list of texts, found a whole number in it");
  CHECK(error_of("user = 1000") == "app.toml:1: user: expected a text, found a whole number");
  CHECK(error_of("umask = 18") ==
        "app.toml:1: umask: expected a text of octal digits such as \"022\", found a whole number");
  CHECK(error_of("keep_alive = 2024-01-01") ==
        "app.toml:1: keep_alive: expected a number of seconds or a text such as \"500ms\", "
        "found a date or time");
  CHECK(error_of("limit_request_body = 1.5") ==
        "app.toml:1: limit_request_body: expected a number of bytes or a text such as \"16M\", "
        "found a fraction");
}

TEST_CASE("TOML: a value out of range is told with its line") {
  CHECK(error_of("\nworkers = 0") ==
        "app.toml:2: workers: '0' is out of range; use a value from 1 to 1024");
  CHECK(error_of("bind = []") == "app.toml:1: bind: the list is empty; give at least one entry");
  CHECK(error_of("chdir = \"a\\u0000\"") == "app.toml:1: chdir: 'a\\x00' contains a NUL character");
}

TEST_CASE("TOML: a syntax error is one line that says where") {
  for (const char* const document :
       {"workers = 1\nbind = [\n", "workers = 1\nworkers = 2", "workers = 1\nworkers 2\n",
        "workers = 1\n\"\x01", "workers = 1\numask = 022"}) {
    const std::string error = error_of(document);
    CAPTURE(error);
    CHECK(error.size() > std::string("app.toml:2: ").size());
    const bool is_placed = error.starts_with("app.toml:2: ") || error.starts_with("app.toml:3: ");
    CHECK(is_placed);
    CHECK(error.find('\n') == std::string::npos);
  }
}

TEST_CASE("TOML: a document that is not UTF-8 is refused") {
  // The parser looks ahead; it tells the line only roughly.
  CHECK(error_of("workers = 1\n\xff\xfe") == "app.toml:1: Encountered invalid utf-8 sequence");
}
