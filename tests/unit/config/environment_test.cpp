#include "config/environment.h"

#include <array>

#include <doctest/doctest.h>

using namespace appserver::config;

namespace {

Environment environment(std::vector<Environment::Variable> variables) {
  return {std::move(variables)};
}

std::string error_of(std::string name, std::string value = "x") {
  Options options;
  const auto applied =
      apply_environment(environment({{std::move(name), std::move(value)}}), options);
  return applied ? "" : applied.error().message;
}

Options options_of(std::vector<Environment::Variable> variables) {
  Options options;
  const auto applied = apply_environment(environment(std::move(variables)), options);
  REQUIRE_MESSAGE(applied.has_value(), applied.error().message);
  return options;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("Environment: it is copied from the array that a process is given") {
  std::string first = "A=1=2";
  const std::array<const char*, 5> entries{first.c_str(), "nothing", "EMPTY=", "A=second", nullptr};
  const Environment copied = environment_from(entries.data());
  first.assign("XXXXX");
  CHECK(copied.variables.size() == 3);
  CHECK(copied.value_of("A") == "1=2");
  CHECK_FALSE(copied.value_of("EMPTY"));
  CHECK_FALSE(copied.value_of("nothing"));
}

TEST_CASE("Environment: variables set options, others are none of our business") {
  const Options options = options_of({{"APPSERVERD_WORKERS", "3"},
                                      {"APPSERVERD_KEEP_ALIVE", "5s"},
                                      {"APPSERVERD_APP", "app.so"},
                                      {"APPSERVERD", "x"},
                                      {"WORKERS", "7"},
                                      {"appserverd_workers", "7"}});
  CHECK(options.workers == 3);
  CHECK(options.keep_alive == std::chrono::seconds(5));
  CHECK(options.app == "app.so");
}

TEST_CASE(
    "Environment: the entries of a list are separated by commas, blanks around them dropped") {
  CHECK(options_of({{"APPSERVERD_BIND", ":1, unix:/run/app.sock"}}).bind ==
        Texts{":1", "unix:/run/app.sock"});
  CHECK(options_of({{"APPSERVERD_ENV", "A=1,B=two words"}}).env == Texts{"A=1", "B=two words"});
  CHECK(error_of("APPSERVERD_BIND", ":1,") == "environment variable APPSERVERD_BIND: '' is empty");
}

TEST_CASE("Environment: a comma in a single text stays in it") {
  CHECK(options_of({{"APPSERVERD_CHDIR", "/a,b"}}).chdir == "/a,b");
}

TEST_CASE("Environment: an empty variable is unset") {
  CHECK(options_of({{"APPSERVERD_WORKERS", ""}}).workers == Options{}.workers);
  CHECK(options_of({{"APPSERVERD_ERROR_LOGFILE", ""}}).error_logfile == "-");
}

TEST_CASE(
    "Environment: WEB_CONCURRENCY is the number of workers unless APPSERVERD_WORKERS is set") {
  CHECK(options_of({{"WEB_CONCURRENCY", "5"}}).workers == 5);
  CHECK(options_of({{"WEB_CONCURRENCY", "5"}, {"APPSERVERD_WORKERS", "6"}}).workers == 6);
  CHECK(options_of({{"WEB_CONCURRENCY", "5"}, {"APPSERVERD_WORKERS", ""}}).workers == 5);
  CHECK(options_of({{"WEB_CONCURRENCY", ""}}).workers == Options{}.workers);
  CHECK(error_of("WEB_CONCURRENCY", "lots") ==
        "environment variable WEB_CONCURRENCY: 'lots' is not a whole number");
}

TEST_CASE("Environment: a refused value is told with its variable") {
  CHECK(error_of("APPSERVERD_WORKERS", "0") ==
        "environment variable APPSERVERD_WORKERS: '0' is out of range; use a value from 1 to 1024");
}

TEST_CASE("Environment: an unknown name is an error and the nearest one is suggested") {
  CHECK(error_of("APPSERVERD_WROKERS") ==
        "unknown environment variable 'APPSERVERD_WROKERS'; did you mean APPSERVERD_WORKERS?");
  CHECK(error_of("APPSERVERD_CONFIGS") ==
        "unknown environment variable 'APPSERVERD_CONFIGS'; did you mean APPSERVERD_CONFIG?");
  CHECK(
      error_of("APPSERVERD_COLOUR") ==
      "unknown environment variable 'APPSERVERD_COLOUR'; see --help for the options, or unset it");
  CHECK_FALSE(error_of("APPSERVERD_").empty());
  CHECK_FALSE(error_of("APPSERVERD_workers").empty());
  CHECK_FALSE(error_of("APPSERVERD_WROKERS", "").empty());
}

TEST_CASE("Environment: the name of the file is known and sets no option") {
  CHECK(error_of(std::string(kConfigVariable)).empty());
}

// 1. A Kubernetes service is called "appserverd" (or "appserverd-web").
// 2. The kubelet gives every pod of the namespace variables with that prefix.
// 3. The server must start nevertheless.
TEST_CASE("Environment: the variables of a Kubernetes service of our name are ignored") {
  CHECK(error_of("APPSERVERD_SERVICE_HOST", "10.0.0.1").empty());
  CHECK(error_of("APPSERVERD_SERVICE_PORT", "80").empty());
  CHECK(error_of("APPSERVERD_SERVICE_PORT_HTTP", "80").empty());
  CHECK(error_of("APPSERVERD_PORT", "tcp://10.0.0.1:80").empty());
  CHECK(error_of("APPSERVERD_PORT_80_TCP", "tcp://10.0.0.1:80").empty());
  CHECK(error_of("APPSERVERD_PORT_53_UDP_PROTO", "udp").empty());
  CHECK(error_of("APPSERVERD_WEB_PORT_80_TCP_ADDR", "10.0.0.1").empty());
  CHECK_FALSE(error_of("APPSERVERD_PORT", "8000").empty());
}
