#include <doctest/doctest.h>

#include "process/app_child.h"

using namespace appserver;
using test::fixture;
using test::load_and;
using test::load_fixture;

namespace {

std::string describe(const std::string& name, std::string (*use)(const app::LoadedApp&)) {
  const auto snapshot = app::take_snapshot(fixture(name));
  REQUIRE(snapshot.has_value());
  return load_and(*snapshot, use);
}

}  // namespace

TEST_CASE("LoadedApp: a good app answers with its build") {
  CHECK(load_fixture("good_v1") == "v1");
  CHECK(load_fixture("good_v2") == "v2");
}

TEST_CASE("LoadedApp: it tells its name, version, hooks and routes") {
  CHECK(describe("good_v1", [](const app::LoadedApp& app) {
          std::string text = app.name() + " " + std::string(app.version());
          for (const auto hook : app.hooks()) {
            text.append(" ").append(hook);
          }
          for (const auto& route : app.routes()) {
            text.append(" ").append(route.method).append(" ").append(route.pattern);
          }
          return text;
        }) == "good\ttest app v1 on_load on_worker_start GET / * /items/{id}");
}

TEST_CASE("LoadedApp: without a name of its own it has that of its file") {
  CHECK(describe("older", [](const app::LoadedApp& app) { return app.name(); }) == "older");
}

TEST_CASE("LoadedApp: an older app lacks the members that came later") {
  CHECK(describe("older", [](const app::LoadedApp& app) -> std::string {
          const appserver_app& description = app.description();
          const bool is_full = description.size == sizeof(appserver_app);
          return is_full && description.get_extension == nullptr && app.routes().empty()
                     ? "narrow"
                     : "read beyond its end";
        }) == "narrow");
  CHECK(load_fixture("older") == "hello from a test app");
}

TEST_CASE("LoadedApp: a member that the app's struct has only in part does not exist") {
  CHECK(load_fixture("cut_member") == "hello from a test app");
  CHECK(describe("cut_member", [](const app::LoadedApp& app) -> std::string {
          return app.description().get_extension == nullptr ? "absent" : "half a pointer";
        }) == "absent");
}

TEST_CASE("LoadedApp: a newer app of the same major version works") {
  CHECK(load_fixture("newer") == "hello from a test app");
  CHECK(describe("newer", [](const app::LoadedApp& app) {
          return std::to_string(app.description().abi_minor);
        }) == "7");
}

TEST_CASE("LoadedApp: an undefined symbol is named, mangled and as written") {
  CHECK(load_fixture("undefined_symbol")
            .starts_with("unresolved_symbol: " + fixture("undefined_symbol") +
                         ": undefined symbol _ZN7fixture7missingEiPKc "
                         "[fixture::missing(int, char const*)]: "));
}

TEST_CASE("LoadedApp: a shared object that is no app is told from one of another ABI") {
  CHECK(load_fixture("no_entry")
            .starts_with("no_entry_symbol: " + fixture("no_entry") +
                         " does not export appserver_app_v1: "));
  CHECK(load_fixture("only_v2").starts_with("wrong_abi_major: " + fixture("only_v2") +
                                            " is an app for ABI 2, this server offers ABI 1: "));
  CHECK(load_fixture("wrong_major")
            .starts_with("wrong_abi_major: " + fixture("wrong_major") +
                         " says that it is built for ABI 2, this server offers ABI 1: "));
}

TEST_CASE("LoadedApp: a description without a handler is refused") {
  CHECK(load_fixture("no_handler")
            .starts_with("bad_description: " + fixture("no_handler") + " has no handler: "));
  CHECK(load_fixture("short_description")
            .starts_with("bad_description: " + fixture("short_description") +
                         " describes itself with a struct of "));
}

TEST_CASE("LoadedApp: a set-up that fails gives the app's own reason") {
  CHECK(load_fixture("setup_fails") == "setup_failed: " + fixture("setup_fails") +
                                           ": the app could not be set up: SHOP_DATABASE is not "
                                           "set");
  CHECK(load_fixture("setup_throws") == "setup_failed: " + fixture("setup_throws") +
                                            ": the app could not be set up: it threw an "
                                            "exception: no such table");
}

TEST_CASE("LoadedApp: a load hook that fails gives the app's own reason") {
  CHECK(load_fixture("load_hook_fails") == "load_hook_failed: " + fixture("load_hook_fails") +
                                               ": its load hook failed: cannot read prices.csv");
  CHECK(load_fixture("load_hook_throws") == "load_hook_failed: " + fixture("load_hook_throws") +
                                                ": its load hook failed: it threw an exception: "
                                                "prices are negative");
}

TEST_CASE("LoadedApp: a missing library is named") {
  CHECK(load_fixture("needs_missing_library")
            .starts_with("missing_library: " + fixture("needs_missing_library") +
                         " needs the library libfixture_number.so, which cannot be opened"));
}

TEST_CASE("LoadedApp: an app finds the libraries beside it, and those find theirs") {
  CHECK(load_fixture("uses_origin_library") == "words from a library beside the app");
}
