#include "config/deploy_check.h"

#include <doctest/doctest.h>

#include "config/body_pattern.h"
#include "config/help.h"
#include "config/options.h"
#include "config/toml_source.h"

namespace appserver::config {
namespace {

std::string error_of(const std::string& document) {
  Options options;
  const auto applied = apply_toml(document, "app.toml", options);
  CHECK(options.deploy_checks.empty());
  return applied ? "" : applied.error().message;
}

}  // namespace

TEST_CASE("Deploy checks: all keys are read, and what is left out has its default") {
  Options options;
  REQUIRE(apply_toml("workers = 2\n[[deploy.check]]\npath = \"/a\"\n[[deploy.check]]\n"
                     "path = \"/b?x=1\"\nmethod = \"POST\"\nstatus = 404\nbody = \"no+\"\n"
                     "deadline = 0.5\nrepeat = 3\n",
                     "app.toml", options)
              .has_value());
  CHECK(options.deploy_checks ==
        std::vector<DeployCheck>{
            {"/a"}, {"/b?x=1", "POST", 404, "no+", std::chrono::milliseconds(500), 3}});
}

TEST_CASE("Deploy checks: errors name the file, the line and what to write instead") {
  CHECK(error_of("[[deploy.check]]\npath = \"/\"\nstatsu = 200\n") ==
        "app.toml:3: deploy.check: unknown key 'statsu'; did you mean 'status'?");
  CHECK(error_of("[[deploy.check]]\npath = \"/\"\nstatus = \"ok\"\n") ==
        "app.toml:3: deploy.check: status: expected a whole number, found a text");
  CHECK(error_of("[[deploy.check]]\npath = \"/\"\nstatus = 99\n") ==
        "app.toml:3: deploy.check: status: 99 is not between 200 and 599");
  CHECK(error_of("[[deploy.check]]\nstatus = 200\n") ==
        "app.toml:1: deploy.check: a check needs a path");
  CHECK(error_of("[[deploy.check]]\npath = \"no slash\"\n") ==
        "app.toml:2: deploy.check: path: 'no slash' is no path such as \"/health?deep=1\"");
  CHECK(error_of("[[deploy.check]]\npath = \"/a b\"\n").find("is no path") != std::string::npos);
  CHECK(error_of("[[deploy.check]]\npath = \"/\"\nmethod = \"GET /\"\n").find("is no method") !=
        std::string::npos);
  CHECK(error_of("[[deploy.check]]\npath = \"/\"\nbody = \"(\"\n")
            .rfind("app.toml:3: deploy.check: body: '(' is no regular expression: ", 0) == 0);
  CHECK(error_of("[[deploy.check]]\npath = \"/\"\ndeadline = \"soon\"\n") ==
        "app.toml:3: deploy.check: deadline: 'soon' is no time between 1ms and 10m");
  CHECK(error_of("[[deploy.check]]\npath = \"/\"\nrepeat = 0\n") ==
        "app.toml:3: deploy.check: repeat: 0 is not between 1 and 1000");
  CHECK(error_of("[deploy]\nchekc = 1\n") ==
        "app.toml:2: deploy.check: unknown key 'chekc'; did you mean 'check'?");
  CHECK(error_of("[deploy]\ncheck = [1]\n") ==
        "app.toml:2: deploy.check: each check is a table: [[deploy.check]]");
}

TEST_CASE("Deploy checks: the first error of the file is told, whatever the order of the keys") {
  CHECK(error_of("[[deploy.check]]\nstatus = 1\nrepeat = 0\npath = \"/\"\n")
            .rfind("app.toml:2:", 0) == 0);
}

TEST_CASE("Deploy checks: what --print-config shows is read back as the same") {
  Options options;
  options.deploy_checks = {{"/\"\\", "PUT", 201, "a\nb\\d", std::chrono::milliseconds(1500), 9},
                           {"/"}};
  Options read;
  REQUIRE(apply_toml(config_text(options), "printed", read).has_value());
  CHECK(read.deploy_checks == options.deploy_checks);
}

TEST_CASE("BodyPattern: it is looked for anywhere in the body") {
  const auto pattern = BodyPattern::compile("\"status\": *\"(up|ok)\"");
  REQUIRE(pattern.has_value());
  CHECK(*pattern->is_found_in("{\"status\":  \"ok\"}"));
  CHECK_FALSE(*pattern->is_found_in("{\"status\": \"down\"}"));
}

TEST_CASE("BodyPattern: one that takes for ever is an error and not a hang") {
  const auto pattern = BodyPattern::compile("(a+)+$");
  REQUIRE(pattern.has_value());
  const auto found = pattern->is_found_in(std::string(5000, 'a') + "b");
  CHECK_FALSE(found.has_value());
}

}  // namespace appserver::config
