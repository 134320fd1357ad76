#include "master/deployer.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "config/restart.h"
#include "master/verification.h"

namespace appserver::master {
namespace {

void tell_end(const DeployFollower& follower, const DeployResult& result) {
  if (follower.ended) {
    follower.ended(result);
  }
}

}  // namespace

Deployer::Deployer(Surroundings surroundings, config::Options options,
                   supervision::Generation newest)
    : surroundings_(std::move(surroundings)), options_(std::move(options)), newest_(newest) {}

bool Deployer::reload(const std::string& who, DeployFollower follower) {
  observe::Log& log = surroundings_.log;
  surroundings_.notifier.reload_asked();
  auto options = surroundings_.reread_options();
  const config::Options configured = options ? *options : config::Options{};
  DeployedApps still;
  if (options) {
    still = go_on_with(deployed_apps_, options_, *options);
  }
  auto release = surroundings_.releases.make(std::move(options));
  if (!release) {
    log.error("reload refused", {{"why", std::string_view(release.error().message)}});
    surroundings_.notifier.reload_failed(release.error().message);
    conclude(follower, {supervision::DeployOutcome::Refused, 0, 0, release.error().message},
             {.path = configured.app, .who = who});
    return false;
  }
  for (const std::string& name : config::changed_for_restart(options_, configured)) {
    log.warning("an option changed that needs a restart", {{"option", std::string_view(name)}});
  }
  deployed_apps_ = std::move(still);
  options_ = configured;
  surroundings_.follow_options(options_);
  if (auto kept = keep(*release, who); !kept) {
    log.warning("the release is not kept", {{"why", std::string_view(kept.error().message)}});
  }
  const supervision::DeployPlan plan = plan_of(*release, {});
  const auto generation = add(std::move(*release), "", who, std::move(follower));
  const Release& added = surroundings_.releases.at(generation);
  const std::string files = app::files_text(added.apps);
  const std::string build_ids = app::build_ids_text(added.apps);
  log.info("reloading", {{"generation", generation},
                         {"app", std::string_view(files)},
                         {"build_id", std::string_view(build_ids)}});
  surroundings_.report(supervision::ReloadRequested{generation, plan});
  return true;
}

void Deployer::deploy(const DeployRequest& request, DeployFollower follower) {
  roll_out(request, std::nullopt, std::move(follower));
}

void Deployer::deploy(const DeployRequest& request, app::Snapshot snapshot,
                      DeployFollower follower) {
  roll_out(request, std::move(snapshot), std::move(follower));
}

void Deployer::roll_out(const DeployRequest& request, std::optional<app::Snapshot> snapshot,
                        DeployFollower follower) {
  if (const auto obstacle = find_obstacle(request.supersede)) {
    refuse(follower, *obstacle, request.who, request.path);
    return;
  }
  const auto label = choose_mount(options_, request.mount);
  if (!label) {
    refuse(follower, label.error().message, request.who, request.path);
    return;
  }
  const std::string path = app::absolute_path(request.path);
  auto taken = snapshot ? Result<app::Snapshot, app::LoadError>(std::move(*snapshot))
                        : app::take_snapshot(path);
  auto release = taken ? make_with(*label, {{"", "", path}, std::move(*taken)})
                       : Result<Release>(failure(std::move(taken.error().message)));
  if (!release) {
    refuse(follower, release.error().message, request.who, path);
    return;
  }
  if (!request.force && is_live_already(*release)) {
    DeployResult result{supervision::DeployOutcome::Live, surroundings_.supervisor.desired().live};
    result.unchanged = true;
    tell_end(follower, result);
    return;
  }
  if (auto kept = keep(*release, request.who); !kept) {
    refuse(follower, kept.error().message, request.who, path);
    return;
  }
  supervision::DeployPlan plan = plan_of(*release, request);
  plan.supersede = request.supersede;
  const auto generation = add(std::move(*release), *label, request.who, std::move(follower));
  const app::MountedSnapshot& app = *find_app(surroundings_.releases.at(generation), *label);
  surroundings_.log.info("deploying", {{"generation", generation},
                                       {"mount", std::string_view(*label)},
                                       {"app", std::string_view(app.snapshot.app.path)},
                                       {"build_id", std::string_view(app.snapshot.app.build_id)},
                                       {"who", std::string_view(request.who)}});
  surroundings_.report(supervision::ReloadRequested{generation, plan});
}

Result<Release> Deployer::make_with(const std::string& label, app::MountedSnapshot next) {
  config::Options options = options_;
  for (const config::Mount& mount : config::mounts_of(options)) {
    if (config::label_of(mount) == label) {
      next.mount = {mount.host, mount.path, next.mount.app};
    }
  }
  const Release& live = surroundings_.releases.at(surroundings_.supervisor.desired().live);
  auto apps = replace_app(live, label, std::move(next), options);
  if (!apps) {
    return failure(std::move(apps.error()));
  }
  return surroundings_.releases.make(std::move(options), std::move(*apps));
}

// --- news ---

// The number comes from a process that runs the app, which may say anything. The release may be
// forgotten already, here and below: news of it may come later.
void Deployer::describe(supervision::Generation generation, const ipc::AppDescribed& app) {
  const Release* const release = surroundings_.releases.find(generation);
  if (surroundings_.store != nullptr && release != nullptr && app.place < release->apps.size()) {
    note(surroundings_.store->describe(release->apps[app.place].number, app.name, app.version));
  }
}

void Deployer::tell(const supervision::GenerationLive& news) {
  const Release* const release = surroundings_.releases.find(news.generation);
  if (surroundings_.store == nullptr || release == nullptr) {
    return;
  }
  for (const app::MountedSnapshot& each : release->apps) {
    note(surroundings_.store->note_live(each.number));
  }
}

// Of the first generation nobody waits for an end.
void Deployer::tell(const supervision::GenerationFailed& news) {
  const Release* const release = surroundings_.releases.find(news.generation);
  if (surroundings_.store == nullptr || release == nullptr || tickets_.contains(news.generation)) {
    return;
  }
  for (const app::MountedSnapshot& each : release->apps) {
    note(surroundings_.store->note_outcome(each.number, "failed", news.why));
  }
}

void Deployer::tell(const supervision::DeployAdvanced& news) {
  const auto ticket = tickets_.find(news.generation);
  if (ticket != tickets_.end() && ticket->second.follower.progress) {
    ticket->second.follower.progress(
        {news.generation, supervision::name_of(news.stage), std::nullopt});
  }
}

void Deployer::tell(const supervision::SlotSwapped& news) {
  for (const auto& [generation, ticket] : tickets_) {
    if (ticket.follower.progress) {
      ticket.follower.progress({news.generation, "slot swapped", news.slot});
    }
  }
}

void Deployer::tell(const supervision::DeployEnded& news) {
  auto node = tickets_.extract(news.generation);
  if (node.empty()) {
    return;
  }
  const Ticket& ticket = node.mapped();
  const Duration took = Clock::now() - ticket.since;
  const bool is_live = news.outcome == supervision::DeployOutcome::Live;
  if (is_live) {
    deployed_apps_ = ticket.deployed;
  }
  if (!is_live && surroundings_.store != nullptr) {
    for (const unsigned number : ticket.fresh) {
      note(surroundings_.store->note_outcome(number, supervision::name_of(news.outcome), news.why));
    }
  }
  conclude(ticket.follower, {news.outcome, news.generation, ticket.number, news.why, false, took},
           {.path = ticket.path, .who = ticket.who, .at = ticket.at});
  const auto live = surroundings_.supervisor.desired().live;
  for (const DeployFollower& rollback : ticket.rollbacks) {
    if (is_live) {
      refuse(rollback, "the deploy was over before it could be ended");
    } else {
      tell_end(rollback, {supervision::DeployOutcome::Live, live, 0, "", false, took});
    }
  }
}

// --- what they have in common ---

supervision::Generation Deployer::add(Release release, const std::string& label,
                                      const std::string& who, DeployFollower follower) {
  const auto generation = ++newest_;
  Ticket ticket = ticket_of(release, label, who, std::move(follower));
  surroundings_.releases.add(generation, std::move(release));
  tickets_.emplace(generation, std::move(ticket));
  return generation;
}

Deployer::Ticket Deployer::ticket_of(const Release& release, const std::string& label,
                                     const std::string& who, DeployFollower follower) const {
  const app::MountedSnapshot* const told = find_app(release, label);
  Ticket ticket;
  ticket.deployed = deployed_of(release, options_);
  ticket.number = told == nullptr ? release.apps.front().number : told->number;
  ticket.follower = std::move(follower);
  ticket.since = Clock::now();
  ticket.who = who;
  ticket.path = told == nullptr ? app::files_text(release.apps) : told->mount.app;
  const Release& live = surroundings_.releases.at(surroundings_.supervisor.desired().live);
  for (const app::MountedSnapshot& each : release.apps) {
    const bool is_live = std::any_of(
        live.apps.begin(), live.apps.end(),
        [&each](const app::MountedSnapshot& other) { return other.number == each.number; });
    if (!is_live) {
      ticket.fresh.push_back(each.number);
    }
  }
  return ticket;
}

Result<Ok> Deployer::keep(Release& release, const std::string& who) {
  if (surroundings_.store == nullptr) {
    return ok();
  }
  surroundings_.store->keep_at_most(static_cast<std::size_t>(options_.keep_releases));
  for (app::MountedSnapshot& each : release.apps) {
    auto number =
        each.number == 0 ? surroundings_.store->keep(each, who) : Result<unsigned>(each.number);
    if (!number) {
      return failure(std::move(number.error()));
    }
    each.number = *number;
  }
  return ok();
}

// What is not written down is a pity and no reason to fail.
void Deployer::note(const Result<Ok>& kept) {
  if (!kept) {
    surroundings_.log.warning("the index of the releases is not up to date",
                              {{"why", std::string_view(kept.error().message)}});
  }
}

supervision::DeployPlan Deployer::plan_of(const Release& release,
                                          const DeployRequest& request) const {
  supervision::DeployPlan plan;
  plan.verify = request.verify && Verification::is_wanted(release.options);
  plan.canary = request.canary.value_or(static_cast<unsigned>(release.options.deploy_canary));
  plan.watch = request.watch.value_or(release.options.deploy_watch);
  // Sockets that only the older one has are closed when the newer one is live.
  const auto live = surroundings_.supervisor.desired().live;
  plan.keeps_blue = surroundings_.releases.at(live).listener_fds == release.listener_fds;
  return plan;
}

std::optional<std::string> Deployer::find_obstacle(bool supersede) const {
  const supervision::Supervisor& supervisor = surroundings_.supervisor;
  if (supervisor.is_stop_requested()) {
    return "the server is stopping";
  }
  const auto other =
      supervisor.deploy() ? supervisor.desired().rollout : supervisor.desired().queued;
  if (other && !supersede) {
    return "the deploy of generation " + std::to_string(*other) +
           " is under way; wait for its end, or supersede it";
  }
  return std::nullopt;
}

// A superseding deploy of what is live anyway has an effect: it ends the other one.
bool Deployer::is_live_already(const Release& release) const {
  const supervision::Supervisor& supervisor = surroundings_.supervisor;
  const Release& live = surroundings_.releases.at(supervisor.desired().live);
  return !supervisor.is_deploying() && are_same(live, release);
}

void Deployer::refuse(const DeployFollower& follower, const std::string& why,
                      const std::string& who, const std::string& path) {
  surroundings_.log.error("deploy refused", {{"why", std::string_view(why)}});
  conclude(follower, {supervision::DeployOutcome::Refused, 0, 0, why}, {.path = path, .who = who});
}

// `record` has what the result does not say.
void Deployer::conclude(const DeployFollower& follower, const DeployResult& result,
                        DeployRecord record) {
  record.generation = result.generation;
  record.release = result.release;
  record.state = supervision::name_of(result.outcome);
  record.why = result.why;
  record.took = result.took;
  surroundings_.record(std::move(record));
  tell_end(follower, result);
}

std::optional<DeployRecord> Deployer::under_way() const {
  const auto& deploy = surroundings_.supervisor.deploy();
  if (!deploy) {
    return std::nullopt;
  }
  DeployRecord record{.generation = deploy->generation,
                      .state = std::string(supervision::name_of(deploy->stage))};
  if (const Release* release = surroundings_.releases.find(deploy->generation)) {
    record.path = app::files_text(release->apps);
    record.release = release->apps.front().number;
  }
  if (const auto ticket = tickets_.find(deploy->generation); ticket != tickets_.end()) {
    record.path = ticket->second.path;
    record.release = ticket->second.number;
    record.who = ticket->second.who;
    record.at = ticket->second.at;
    record.took = Clock::now() - ticket->second.since;
  }
  return record;
}

}  // namespace appserver::master
