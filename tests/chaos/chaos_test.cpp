// Everything that can happen to a server, one thing after another, while clients of all kinds check
// every byte of their answers. Prints a table with a row for each event, and fails on any number
// that the event does not allow.
//
//   APPSERVER_CHAOS_REQUESTS=N   the long form: at least N requests in all (tests/bench/chaos.sh)
//   APPSERVER_CHAOS_ONLY=TEXT    only the events whose name has this text
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "chaos/event.h"
#include "chaos/scene.h"
#include "chaos/table.h"

namespace appserver::chaos {

std::vector<Event> all_events() {
  std::vector<Event> events;
  add_deployments(events);
  add_upgrades(events);
  add_deaths(events);
  add_recyclings(events);
  add_shortages(events);
  if (const char* only = std::getenv("APPSERVER_CHAOS_ONLY")) {
    std::erase_if(
        events, [only](const Event& event) { return event.name.find(only) == std::string::npos; });
  }
  return events;
}

namespace {

Scale scale_for(std::size_t events) {
  Scale scale;
  if (const char* requests = std::getenv("APPSERVER_CHAOS_REQUESTS")) {
    scale.is_short = false;
    scale.requests_per_event = std::strtoull(requests, nullptr, 10) / events + 1;
    scale.crowd.busy = 32;
    scale.crowd.thinking = 100;
    scale.crowd.slow = 24;
  }
  return scale;
}

// The columns that say how clients fared; what is not allowed there must not be.
constexpr auto kFirstToCheck = static_cast<std::size_t>(Column::Answered) + 1;

// Returns: whether that many are forbidden; the test case has failed then.
bool is_forbidden(const Event& event, Column column, std::uint64_t count, const Bounds& bounds) {
  std::uint64_t most = bounds.most[column];
  for (const Allowance& allowance : event.allowed) {
    most = allowance.column == column ? std::max(most, allowance.most) : most;
  }
  const std::uint64_t least = bounds.least[column];
  CHECK_MESSAGE(count <= most, event.name << ": " << column_name(column) << " is " << count
                                          << ", allowed are " << most);
  CHECK_MESSAGE(count >= least, event.name << ": " << column_name(column) << " is " << count
                                           << ", but has to be " << least);
  return count > most || count < least;
}

void check(const Event& event, const Counts& counts, Scene& scene) {
  const Bounds bounds = scene.take_bounds();
  const std::vector<std::string> complaints = scene.crowd().take_complaints();
  bool forbidden = false;
  for (std::size_t i = kFirstToCheck; i < kColumns; ++i) {
    const auto column = static_cast<Column>(i);
    forbidden |= is_forbidden(event, column, counts[column], bounds);
  }
  if (forbidden) {
    for (const std::string& complaint : complaints) {
      std::cout << "  " << complaint << std::endl;
    }
  }
}

// Lets it happen, and looks at what became of all clients meanwhile.
Counts perform(const Event& event, Scene& scene, std::uint64_t requests) {
  event.happen(scene);
  scene.wait_until_whole();
  CHECK_MESSAGE(scene.crowd().wait_for_requests(requests), event.name << ": too few requests");
  CHECK_MESSAGE(scene.crowd().settle(), event.name << ": requests are left without an end");
  const Counts counts = scene.crowd().take();
  std::cout << table_row(event.name, counts) << std::endl;
  check(event, counts, scene);
  return counts;
}

}  // namespace
}  // namespace appserver::chaos

TEST_CASE("Chaos: whatever happens to the server, its clients do not notice") {
  using namespace appserver::chaos;  // NOLINT(google-build-using-namespace)
  const std::vector<Event> events = all_events();
  REQUIRE_FALSE(events.empty());
  const Scale scale = scale_for(events.size());
  std::cout << table_head() << std::endl;
  Counts all;
  std::unique_ptr<Scene> scene;
  const ServerPlan* plan = nullptr;
  for (const Event& event : events) {
    if (plan == nullptr || !(*plan == event.server)) {
      if (scene) {
        scene->close();
      }
      scene.reset();
      scene = std::make_unique<Scene>(event.server, scale);
      plan = &event.server;
    }
    all.add(perform(event, *scene, scale.requests_per_event));
  }
  scene->close();
  std::cout << table_row("all", all) << std::endl;
}
