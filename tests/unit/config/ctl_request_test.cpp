#include "config/ctl_request.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace appserver::config {
namespace {

using namespace std::chrono_literals;

CtlRequest request_of(const std::vector<const char*>& words) {
  const auto request = read_ctl_request(words);
  REQUIRE_MESSAGE(request.has_value(), request.error().message);
  REQUIRE(request->has_value());
  return **request;
}
std::string error_of(const std::vector<const char*>& words) {
  const auto request = read_ctl_request(words);
  return request ? "" : request.error().message;
}

TEST_CASE("read_ctl_request: each command, by its name") {
  for (const CtlVerb& verb : ctl_verbs()) {
    CAPTURE(verb.name);
    std::vector<const char*> words{verb.name.data()};
    if (verb.command == CtlCommand::Deploy) {
      words.push_back("a.so");
    } else if (verb.command == CtlCommand::Scale) {
      words.push_back("3");
    } else if (verb.command == CtlCommand::Logs) {
      words.push_back("reopen");
    }
    CHECK(request_of(words).command == verb.command);
  }
}

TEST_CASE("read_ctl_request: what a deploy can be told") {
  const CtlRequest request = request_of({"-s", "shop", "deploy", "a.so", "--canary", "2", "--watch",
                                         "90s", "--no-verify", "--force", "--supersede", "--json"});
  CHECK(request.server == "shop");
  CHECK(request.path == "a.so");
  CHECK(request.canary == 2);
  CHECK(request.watch == 90s);
  CHECK_FALSE(request.verify);
  CHECK(request.force);
  CHECK(request.supersede);
  CHECK(request.json);
  CHECK(request_of({"deploy", "a.so"}).verify);
}

TEST_CASE("read_ctl_request: options may stand before and behind the command") {
  CHECK(request_of({"--json", "status"}).json);
  CHECK(request_of({"status", "--json"}).json);
  CHECK(request_of({"status", "-s", "/run/x.sock"}).server == "/run/x.sock");
  CHECK(request_of({"stop", "--quick"}).quick);
  CHECK(request_of({"scale", "8"}).workers == 8);
  CHECK(request_of({"logs", "level", "debug"}).log_level == "debug");
  CHECK(request_of({"logs", "reopen"}).log_level.empty());
}

TEST_CASE("read_ctl_request: help is asked for") {
  const auto request = read_ctl_request(std::vector<const char*>{"--help"});
  REQUIRE(request.has_value());
  CHECK_FALSE(request->has_value());
  for (const CtlVerb& verb : ctl_verbs()) {
    CHECK(ctl_help_text().find("\n  " + std::string(verb.name)) != std::string::npos);
  }
}

TEST_CASE("read_ctl_request: mistakes are told in one line") {
  CHECK(error_of({}) == "ctl: what is to be done? See appserverd ctl --help");
  CHECK(error_of({"stauts"}) == "ctl: there is no command 'stauts'; did you mean status?");
  CHECK(error_of({"deploy"}).find("PATH is required") != std::string::npos);
  CHECK(error_of({"scale", "0"}) == "scale: '0' is no number from 1 to 1024");
  CHECK(error_of({"scale", "many"}).find("'many'") != std::string::npos);
  CHECK(error_of({"deploy", "a", "--canary", "-1"}).find("--canary") != std::string::npos);
  CHECK(error_of({"deploy", "a", "--watch", "soon"}).find("--watch") != std::string::npos);
  CHECK(error_of({"logs", "level", "loud"}).find("logs takes") != std::string::npos);
  CHECK(error_of({"status", "--bogus"}).find("'--bogus' is not understood") != std::string::npos);
  CHECK(error_of({"status", "more"}).find("'more' is not understood") != std::string::npos);
  CHECK(error_of({"deploy", "a", "b"}).find("'b' is not understood") != std::string::npos);
}

}  // namespace
}  // namespace appserver::config
