#include "master/status_facts.h"

#include <algorithm>
#include <string_view>
#include <unistd.h>
#include <utility>

#include "base/signal_name.h"
#include "base/version.h"

namespace appserver::master {
namespace {

std::int64_t milliseconds_of(std::chrono::system_clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

// All texts of one message fit a packet together: two of them may be long.
constexpr std::size_t kLong = 4096;
constexpr std::size_t kShort = 512;

std::string cut(std::string text, std::size_t size) {
  text.resize(std::min(text.size(), size));
  return text;
}

std::string_view name_of(supervision::GenerationState state) {
  using State = supervision::GenerationState;
  switch (state) {
    case State::Booting:
      return "booting";
    case State::Verifying:
      return "verifying";
    case State::Live:
      return "live";
    case State::Standby:
      return "standby";
    case State::Retired:
      return "retired";
    case State::Failed:
      break;
  }
  return "failed";
}

ipc::DeployFacts facts_of(const DeployRecord& record, std::uint32_t id, bool is_under_way) {
  ipc::DeployFacts facts;
  facts.id = id;
  facts.is_under_way = is_under_way ? 1 : 0;
  facts.generation = record.generation;
  facts.release = record.release;
  facts.path = cut(record.path, kLong);
  facts.state = record.state;
  facts.why = cut(record.why, kLong);
  facts.who = cut(record.who, kShort);
  facts.at = milliseconds_of(record.at);
  facts.took = std::chrono::duration_cast<std::chrono::milliseconds>(record.took).count();
  return facts;
}

// Of several apps, the one that was taken last.
std::uint32_t newest_of(const Release& release) {
  unsigned newest = 0;
  for (const app::MountedSnapshot& each : release.apps) {
    newest = std::max(newest, each.number);
  }
  return newest;
}

void add(const std::map<std::string, std::uint64_t>& counts, std::vector<std::string>& names,
         std::vector<std::uint64_t>& numbers) {
  for (const auto& [name, number] : counts) {
    names.push_back(name);
    numbers.push_back(number);
  }
}

}  // namespace

void StatusFacts::tell(std::uint32_t id, const Tell& tell) const {
  ipc::ServerFacts about_server = server();
  about_server.id = id;
  tell(about_server);
  tell_generations(id, tell);
  tell_releases(id, tell);
  tell_deploys(id, tell);
  tell_crashes(id, tell);
  ipc::CountFacts about_counts = counts();
  about_counts.id = id;
  tell(about_counts);
  tell(ipc::SnapshotEnd{id});
}

ipc::ServerFacts StatusFacts::server() const {
  ipc::ServerFacts facts;
  facts.name = cut(with_.name, kShort);
  facts.version = kVersion;
  facts.pid = ::getpid();
  facts.state = state();
  facts.started_at = milliseconds_of(with_.started_at);
  std::size_t room = kLong;
  for (std::string& address : with_.binds()) {
    if (address.size() < room) {
      room -= address.size();
      facts.binds.push_back(std::move(address));
    }
  }
  facts.workers = with_.supervisor.desired().workers;
  if (const Release* live = with_.releases.find(with_.supervisor.desired().live)) {
    facts.app = cut(app::files_text(live->apps), kLong);
  }
  return facts;
}

std::string StatusFacts::state() const {
  const supervision::Supervisor& supervisor = with_.supervisor;
  if (supervisor.is_stop_requested()) {
    return "stopping";
  }
  if (supervisor.desired().first_boot) {
    return "starting";
  }
  for (supervision::Slot slot = 0; slot < supervisor.workers().slot_count(); ++slot) {
    if (!supervisor.workers().serves(slot)) {
      return "degraded";
    }
  }
  return supervisor.is_deploying() ? "deploying" : "serving";
}

void StatusFacts::tell_generations(std::uint32_t id, const Tell& tell) const {
  for (const auto& [number, entry] : with_.supervisor.generations().entries()) {
    const Release* const release = with_.releases.find(number);
    tell(ipc::GenerationFacts{id, number, release == nullptr ? 0 : newest_of(*release),
                              std::string(name_of(entry.state)),
                              with_.children.zygote_pid(number)});
  }
}

void StatusFacts::tell_releases(std::uint32_t id, const Tell& tell) const {
  if (with_.store == nullptr) {
    return;
  }
  const observe::ReleaseIndex& index = with_.store->index();
  for (const observe::KeptRelease& release : index.releases) {
    ipc::ReleaseFacts facts;
    facts.id = id;
    facts.release = release.number;
    facts.mount = cut(release.mount, kShort);
    if (!release.files.empty()) {
      facts.app = cut(release.files.front().path, kLong);
      facts.digest = release.files.front().sha256;
    }
    facts.name = cut(release.name, kShort);
    facts.version = cut(release.version, kShort);
    facts.build_id = cut(release.build_id, kShort);
    facts.at = release.taken_at * 1000;
    facts.who = cut(release.who, kShort);
    facts.outcome = release.outcome;
    facts.why = cut(release.why, kLong);
    const auto found = index.standing.find(release.mount);
    const observe::Standing standing =
        found == index.standing.end() ? observe::Standing{} : found->second;
    facts.is_live = standing.live == release.number ? 1 : 0;
    facts.is_previous = standing.previous == release.number ? 1 : 0;
    tell(facts);
  }
}

void StatusFacts::tell_deploys(std::uint32_t id, const Tell& tell) const {
  for (const DeployRecord& record : with_.history.deploys()) {
    tell(facts_of(record, id, false));
  }
  if (const auto record = with_.deployer.under_way()) {
    tell(facts_of(*record, id, true));
  }
}

void StatusFacts::tell_crashes(std::uint32_t id, const Tell& tell) const {
  for (const observe::CrashReport& report : with_.inquests.recent()) {
    ipc::PastCrash crash;
    crash.id = id;
    crash.at = milliseconds_of(report.when);
    crash.slot = report.slot;
    crash.generation = report.generation;
    crash.pid = report.pid;
    crash.signal = report.kind == ipc::EndKind::Timeout ? "timeout" : signal_name(report.signal);
    if (report.request) {
      crash.method = cut(report.request->method, kShort);
      crash.target = cut(report.request->target, kLong);
    }
    const std::vector<std::string> stack = observe::stack_lines(report);
    crash.stack_top = stack.empty() ? "" : cut(stack.front(), kLong);
    tell(crash);
  }
}

ipc::CountFacts StatusFacts::counts() const {
  ipc::CountFacts facts;
  const ipc::Tally answers = with_.history.answers(with_.scoreboard);
  facts.requests = answers.requests();
  facts.errors = answers.errors;
  facts.times.assign(answers.times.begin(), answers.times.end());
  add(with_.history.exits(), facts.exit_reasons, facts.exits);
  add(with_.history.outcomes(), facts.outcomes, facts.deploys);
  return facts;
}

}  // namespace appserver::master
