#include <stdexcept>
#include <string>

#include <appserver/app.hpp>

#include "process/app_child.h"

using namespace appserver;

namespace {

// What `use` says of a linked app, or "kind: message".
template <typename Use>
std::string link_and(const app::AppEntry& entry, const Use& use) {
  return test::in_child([&entry, &use]() -> std::string {
    app::HostServices host("0.1.0", {}, test::storing_calls());
    auto linked = app::link_app("the embedding program", entry, host);
    if (!linked) {
      return std::string(to_string(linked.error().kind)) + ": " + linked.error().message;
    }
    return use(*linked);
  });
}

}  // namespace

TEST_CASE("LinkedApp: an app without a file is set up and answers") {
  detail::Entries entries;
  const auto entry = [&entries](const appserver_host* host) {
    return entries.describe(host, [](App& app) {
      app.get("/", [](const Request&) { return text("from the same program"); });
    });
  };
  const auto routes = [](const app::LoadedApp& app) {
    return app.name() + ": " + app.routes().front().pattern;
  };
  CHECK(link_and(entry, routes) == "the embedding program: /");
}

TEST_CASE("LinkedApp: one that cannot be set up is refused with its own words") {
  detail::Entries entries;
  const auto entry = [&entries](const appserver_host* host) {
    return entries.describe(host, [](App&) { throw std::runtime_error("no database"); });
  };
  const auto nothing = [](const app::LoadedApp&) { return std::string("it was linked"); };
  CHECK(link_and(entry, nothing) ==
        "setup_failed: the embedding program: the app could not be set up: no database");
}
