#include "config/command_line.h"

#include <doctest/doctest.h>

#include "unit/config/option_values.h"

using namespace appserver;
using namespace appserver::config;

namespace {

Result<CommandLine> parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "appserverd");
  return parse_command_line(arguments);
}

// The options that the arguments lead to. Requires: they are right.
Options options_of(std::vector<const char*> arguments) {
  const auto command_line = parse(std::move(arguments));
  REQUIRE_MESSAGE(command_line.has_value(), command_line.error().message);
  Options options;
  const auto applied = apply_command_line(*command_line, options);
  REQUIRE_MESSAGE(applied.has_value(), applied.error().message);
  return options;
}

// What is wrong with the arguments, at whichever stage, or "".
std::string error_of(std::vector<const char*> arguments) {
  const auto command_line = parse(std::move(arguments));
  if (!command_line) {
    return command_line.error().message;
  }
  Options options;
  const auto applied = apply_command_line(*command_line, options);
  return applied ? "" : applied.error().message;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("Command line: nothing given leaves everything at its default") {
  CHECK(options_of({}).app.empty());
  CHECK(parse_command_line({}).has_value());
  CHECK(parse({})->occurrences.empty());
}

TEST_CASE("Command line: an option takes its value in each of the usual forms") {
  CHECK(options_of({"--workers", "8"}).workers == 8);
  CHECK(options_of({"--workers=8"}).workers == 8);
  CHECK(options_of({"-w", "8"}).workers == 8);
  CHECK(options_of({"-w8"}).workers == 8);
  CHECK(options_of({"app.so", "-w", "8"}).workers == 8);
  CHECK(options_of({"--env", "A=b=c"}).env == Texts{"A=b=c"});
  CHECK(options_of({"--env=A=b=c"}).env == Texts{"A=b=c"});
}

TEST_CASE("Command line: the last of several values wins, a list keeps them all") {
  CHECK(options_of({"-w", "2", "-w", "3"}).workers == 3);
  CHECK(options_of({"-b", ":1", "--bind=:2", "-b:3"}).bind == Texts{":1", ":2", ":3"});
}

TEST_CASE("Command line: a list option does not swallow the app after it") {
  const Options options = options_of({"--bind", ":1", "app.so"});
  CHECK(options.bind == Texts{":1"});
  CHECK(options.app == "app.so");
}

TEST_CASE("Command line: values may look like anything") {
  CHECK(options_of({"--bind", "[::1]"}).bind == Texts{"[::1]"});
  CHECK(options_of({"--bind", "[a,b]"}).bind == Texts{"[a,b]"});
  CHECK(options_of({"--env", "A=1,B=2"}).env == Texts{"A=1,B=2"});
  CHECK(options_of({"--access-logfile", "-"}).access_logfile == "-");
  CHECK(options_of({"--chdir", "%%"}).chdir == "%%");
  CHECK(options_of({"--chdir", "{}"}).chdir == "{}");
  CHECK(options_of({"--chdir", "-x"}).chdir == "-x");
  CHECK(options_of({"--chdir", "\"a b\""}).chdir == "\"a b\"");
}

TEST_CASE("Command line: an empty value is a value") {
  CHECK(options_of({"--error-logfile", "", "app.so"}).error_logfile.empty());
  const Options options = options_of({"--error-logfile=", "app.so"});
  CHECK(options.error_logfile.empty());
  CHECK(options.app == "app.so");
  CHECK(error_of({"--workers=", "app.so"}) == "--workers: '' is not a whole number");
}

TEST_CASE("Command line: a flag is switched on by its name, or told to be on or off") {
  CHECK(options_of({"--lazy"}).lazy);
  CHECK(options_of({"--lazy", "app.so"}).app == "app.so");
  CHECK(options_of({"--lazy=true"}).lazy);
  CHECK_FALSE(options_of({"--lazy=false"}).lazy);
  CHECK_FALSE(options_of({"--lazy", "--lazy=false"}).lazy);
  CHECK(options_of({"--lazy", "--lazy"}).lazy);
  CHECK(error_of({"--lazy=maybe"}) == "--lazy: 'maybe' is neither true nor false");
}

TEST_CASE("Command line: an unknown option is named together with the nearest known one") {
  CHECK(error_of({"--wrokers", "8", "app.so"}) ==
        "unknown option --wrokers; did you mean --workers?");
  CHECK(error_of({"app.so", "--keep_alive=5"}) ==
        "unknown option --keep_alive; did you mean --keep-alive?");
  CHECK(error_of({"--hepl"}) == "unknown option --hepl; did you mean --help?");
  CHECK(error_of({"--colour"}) == "unknown option --colour; see --help for the options");
  CHECK(error_of({"-z"}) == "unknown option -z; see --help for the options");
  CHECK(error_of({"--app", "x.so"}).starts_with("unknown option --app"));
  CHECK(error_of({"a.so", "---x"}).starts_with("unknown option ---x"));
  CHECK(error_of({"--"}).empty());
}

TEST_CASE("Command line: an option without its value is named") {
  CHECK(error_of({"app.so", "--workers"}) == "--workers needs a value; see --help");
  CHECK(error_of({"-w"}) == "-w needs a value; see --help");
  CHECK(error_of({"--config"}) == "--config needs a value; see --help");
}

TEST_CASE("Command line: a refused value is told with its option") {
  CHECK(error_of({"-w", "0"}) == "--workers: '0' is out of range; use a value from 1 to 1024");
  CHECK(error_of({"--workers", "--lazy"}) == "--workers: '--lazy' is not a whole number");
  CHECK(error_of({"--workers", "-1"}) ==
        "--workers: '-1' is out of range; use a value from 1 to 1024");
}

TEST_CASE("Command line: two apps are one too many") {
  CHECK(error_of({"a.so", "-w", "2", "b.so"}) ==
        "one app at a time, but both 'a.so' and 'b.so' were given; "
        "usage: appserverd [OPTIONS] APP.so");
}

TEST_CASE("Command line: two dashes end the options") {
  CHECK(options_of({"-w", "2", "--", "-app.so"}).app == "-app.so");
  CHECK(error_of({"--", "a.so", "-b.so"}).starts_with("one app at a time"));
  CHECK(error_of({"a.so", "--", "--b.so"}).starts_with("one app at a time"));
}

TEST_CASE("Command line: check is a sub-command only as the first word") {
  CHECK(parse({"check", "app.so"})->is_check);
  CHECK(options_of({"check", "-w", "2", "app.so"}).app == "app.so");
  CHECK(options_of({"check", "check"}).app == "check");
  CHECK_FALSE(parse({"./check"})->is_check);
  CHECK_FALSE(parse({"-w", "2", "check"})->is_check);
  CHECK(options_of({"-w", "2", "check"}).app == "check");
  CHECK(options_of({"chekc"}).app == "chekc");
}

TEST_CASE("Command line: general options ask for things and are no part of the options") {
  CHECK(parse({"--help"})->help);
  CHECK(parse({"-h"})->help);
  CHECK(parse({"--version"})->version);
  CHECK(parse({"-v"})->version);
  CHECK(parse({"--check-config"})->check_config);
  CHECK(parse({"--print-config"})->print_config);
  CHECK(parse({"-c", "a.toml", "--config=b.toml"})->config_file == "b.toml");
  CHECK_FALSE(parse({"--print-config=false"})->print_config);
  const auto none = parse({"app.so"});
  CHECK_FALSE(none->config_file);
  const bool asks = none->help || none->version || none->check_config || none->print_config;
  CHECK_FALSE(asks);
}
