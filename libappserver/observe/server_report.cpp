#include "observe/server_report.h"

#include <algorithm>
#include <chrono>
#include <tuple>
#include <utility>

#include <boost/json.hpp>

#include "observe/json_text.h"

namespace appserver::observe {
namespace {

namespace json = boost::json;

// Of entries for workers that are only checked.
constexpr std::uint32_t kNoSlot = 0xffffffff;

double seconds(std::int64_t milliseconds) {
  return static_cast<double>(milliseconds) / 1000;
}

std::string_view name_of(ipc::WorkerState state) {
  switch (state) {
    case ipc::WorkerState::Serving:
      return "serving";
    case ipc::WorkerState::Draining:
      return "draining";
    default:
      return "starting";
  }
}

json::object to_json(const ipc::ServerFacts& server, std::int64_t now) {
  json::array binds;
  for (const std::string& bind : server.binds) {
    binds.push_back(json::value(printable(bind)));
  }
  return {{"name", printable(server.name)},
          {"version", printable(server.version)},
          {"pid", server.pid},
          {"state", printable(server.state)},
          {"started_at", seconds(server.started_at)},
          {"uptime_seconds", seconds(now - server.started_at)},
          {"app", printable(server.app)},
          {"binds", std::move(binds)},
          {"workers", server.workers}};
}

json::object to_json(const ipc::GenerationFacts& generation, const ServerReport& report) {
  const auto workers = std::count_if(
      report.slots.begin(), report.slots.end(),
      [&generation](const SlotReport& slot) { return slot.generation == generation.generation; });
  return {{"generation", generation.generation},
          {"release", generation.release},
          {"state", printable(generation.state)},
          {"zygote_pid",
           generation.zygote_pid > 0 ? json::value(generation.zygote_pid) : json::value(nullptr)},
          {"workers", workers}};
}

json::value to_json(const std::optional<SlotReport::Current>& current) {
  if (!current) {
    return nullptr;
  }
  return json::object{{"method", printable(current->method)},
                      {"target", printable(current->target)},
                      {"seconds", current->seconds}};
}

json::object to_json(const SlotReport& slot) {
  return {{"slot", slot.slot},         {"generation", slot.generation},
          {"pid", slot.pid},           {"state", name_of(slot.state)},
          {"requests", slot.requests}, {"connections", slot.connections},
          {"idle", slot.is_idle},      {"current", to_json(slot.current)}};
}

json::object to_json(const ipc::ReleaseFacts& release) {
  return {{"release", release.release},
          {"mount", printable(release.mount)},
          {"app", printable(release.app)},
          {"name", printable(release.name)},
          {"version", printable(release.version)},
          {"build_id", printable(release.build_id)},
          {"digest", printable(release.digest)},
          {"at", seconds(release.at)},
          {"who", printable(release.who)},
          {"outcome", printable(release.outcome)},
          {"why", printable(release.why)},
          {"live", release.is_live != 0},
          {"previous", release.is_previous != 0}};
}

json::object deploy_under_way(const ipc::DeployFacts& deploy) {
  return {{"generation", deploy.generation},  {"release", deploy.release},
          {"state", printable(deploy.state)}, {"since", seconds(deploy.at)},
          {"path", printable(deploy.path)},   {"who", printable(deploy.who)}};
}

json::object to_json(const ipc::DeployFacts& deploy) {
  return {{"generation", deploy.generation}, {"release", deploy.release},
          {"path", printable(deploy.path)},  {"outcome", printable(deploy.state)},
          {"why", printable(deploy.why)},    {"who", printable(deploy.who)},
          {"at", seconds(deploy.at)},        {"took_seconds", seconds(deploy.took)}};
}

json::object to_json(const ipc::PastCrash& crash) {
  return {{"at", seconds(crash.at)},           {"slot", crash.slot},
          {"generation", crash.generation},    {"pid", crash.pid},
          {"signal", printable(crash.signal)}, {"method", printable(crash.method)},
          {"target", printable(crash.target)}, {"stack_top", printable(crash.stack_top)}};
}

template <typename Parts>
json::array list(const Parts& parts) {
  json::array all;
  for (const auto& part : parts) {
    all.push_back(to_json(part));
  }
  return all;
}

std::string line(const json::object& object) {
  return json::serialize(object) + "\n";
}

}  // namespace

void add_facts(ServerReport& report, const ipc::ServerFacts& facts) {
  report.server = facts;
}
void add_facts(ServerReport& report, const ipc::GenerationFacts& facts) {
  report.generations.push_back(facts);
}
void add_facts(ServerReport& report, const ipc::ReleaseFacts& facts) {
  report.releases.push_back(facts);
}
void add_facts(ServerReport& report, const ipc::DeployFacts& facts) {
  if (facts.is_under_way != 0) {
    report.deploy = facts;
  } else {
    report.deploys.push_back(facts);
  }
}
void add_facts(ServerReport& report, const ipc::PastCrash& facts) {
  report.crashes.push_back(facts);
}
void add_facts(ServerReport& report, const ipc::CountFacts& facts) {
  report.counts = facts;
}

std::vector<SlotReport> read_slots(const ipc::Scoreboard& scoreboard, TimePoint now) {
  std::vector<SlotReport> slots;
  for (const ipc::ScoreboardEntry& entry : scoreboard.entries()) {
    SlotReport slot{entry.slot(),     entry.generation(),  entry.pid(),    entry.state(),
                    entry.requests(), entry.connections(), entry.is_idle()};
    if (slot.state == ipc::WorkerState::Empty || slot.slot == kNoSlot) {
      continue;
    }
    if (auto current = entry.current_exchange()) {
      const std::chrono::duration<double> since = now - current->started;
      slot.current = {std::move(current->method), std::move(current->target),
                      std::max(since.count(), 0.0)};
    }
    slots.push_back(std::move(slot));
  }
  std::stable_sort(slots.begin(), slots.end(), [](const SlotReport& one, const SlotReport& other) {
    return std::tie(one.slot, one.generation) < std::tie(other.slot, other.generation);
  });
  return slots;
}

std::string status_json(const ServerReport& report, std::int64_t now) {
  json::array generations;
  for (const ipc::GenerationFacts& generation : report.generations) {
    generations.push_back(to_json(generation, report));
  }
  return line({{"server", to_json(report.server, now)},
               {"generations", std::move(generations)},
               {"slots", list(report.slots)},
               {"releases", list(report.releases)},
               {"deploy", report.deploy ? json::value(deploy_under_way(*report.deploy)) : nullptr},
               {"deploys", list(report.deploys)},
               {"crashes", list(report.crashes)}});
}

std::string workers_json(const ServerReport& report) {
  return line({{"slots", list(report.slots)}});
}

std::string releases_json(const ServerReport& report) {
  return line({{"releases", list(report.releases)}});
}

}  // namespace appserver::observe
