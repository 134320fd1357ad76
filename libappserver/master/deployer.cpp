#include "master/deployer.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "config/restart.h"
#include "master/verification.h"

namespace appserver::master {
namespace {

bool is_same_file(const app::SnapshotFile& one, const app::SnapshotFile& other) {
  return one.size == other.size && one.digest == other.digest;
}

bool is_same(const app::Snapshot& one, const app::Snapshot& other) {
  return is_same_file(one.app, other.app) &&
         std::equal(one.libraries.begin(), one.libraries.end(), other.libraries.begin(),
                    other.libraries.end(), is_same_file);
}

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
  const bool goes_on_with_deployed =
      options && options->app == options_.app && !deployed_app_.empty();
  const config::Options configured = options ? *options : config::Options{};
  if (goes_on_with_deployed) {
    options->app = deployed_app_;
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
  if (options_.app != configured.app) {
    deployed_app_.clear();
  }
  options_ = configured;
  surroundings_.follow_options(options_);
  if (auto kept = keep(*release, who); !kept) {
    log.warning("the release is not kept", {{"why", std::string_view(kept.error().message)}});
  }
  const supervision::DeployPlan plan = plan_of(*release, {});
  const std::string app = goes_on_with_deployed ? deployed_app_ : "";
  const unsigned number = release->number;
  const auto generation =
      add(std::move(*release), {app, number, std::move(follower), Clock::now(), who});
  const Release& added = surroundings_.releases.at(generation);
  log.info("reloading", {{"generation", generation},
                         {"app", std::string_view(added.snapshot.app.path)},
                         {"build_id", std::string_view(added.snapshot.app.build_id)}});
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
  config::Options options = options_;
  options.app = app::absolute_path(request.path);
  auto release = snapshot ? surroundings_.releases.make(options, std::move(*snapshot))
                          : surroundings_.releases.make(options);
  if (!release) {
    refuse(follower, release.error().message, request.who, options.app);
    return;
  }
  if (!request.force && is_live_already(*release)) {
    DeployResult result{supervision::DeployOutcome::Live, surroundings_.supervisor.desired().live};
    result.unchanged = true;
    tell_end(follower, result);
    return;
  }
  if (auto kept = keep(*release, request.who); !kept) {
    refuse(follower, kept.error().message, request.who, options.app);
    return;
  }
  supervision::DeployPlan plan = plan_of(*release, request);
  plan.supersede = request.supersede;
  const unsigned number = release->number;
  const auto generation = add(
      std::move(*release), {options.app, number, std::move(follower), Clock::now(), request.who});
  const Release& added = surroundings_.releases.at(generation);
  surroundings_.log.info("deploying", {{"generation", generation},
                                       {"app", std::string_view(added.snapshot.app.path)},
                                       {"build_id", std::string_view(added.snapshot.app.build_id)},
                                       {"who", std::string_view(request.who)}});
  surroundings_.report(supervision::ReloadRequested{generation, plan});
}

void Deployer::rollback(const std::string& who, DeployFollower follower) {
  const supervision::Supervisor& supervisor = surroundings_.supervisor;
  const auto& deploy = supervisor.deploy();
  if (supervisor.is_stop_requested()) {
    refuse(follower, "the server is stopping");
    return;
  }
  if (deploy && deploy->plan.is_rollback) {
    refuse(follower, "a rollback is under way already");
    return;
  }
  if (!deploy && !supervisor.standby()) {
    roll_back_to_kept(who, std::move(follower));
    return;
  }
  const auto generation = deploy ? deploy->generation : supervisor.standby()->generation;
  surroundings_.log.info("rolling back",
                         {{"generation", generation}, {"who", std::string_view(who)}});
  if (deploy) {
    tickets_[generation].rollbacks.push_back(std::move(follower));
  } else {
    const Release& release = surroundings_.releases.at(generation);
    tickets_[generation] = {release.options.app, release.number, std::move(follower), Clock::now(),
                            who};
    tickets_[generation].path = release.options.app;
  }
  surroundings_.report(supervision::RollbackRequested{});
}

// Its zygote has gone: the kept copy is loaded again. It was live once, so it is not checked anew.
void Deployer::roll_back_to_kept(const std::string& who, DeployFollower follower) {
  const observe::KeptRelease* const previous =
      surroundings_.store == nullptr ? nullptr : surroundings_.store->previous();
  if (previous == nullptr) {
    refuse(follower, "there is no release to go back to");
    return;
  }
  config::Options options = options_;
  options.app = previous->files.front().path;
  auto snapshot = surroundings_.store->load(*previous);
  auto release = snapshot ? surroundings_.releases.make(options, std::move(*snapshot))
                          : Result<Release>(failure(std::move(snapshot.error())));
  if (!release) {
    refuse(follower, release.error().message);
    return;
  }
  release->number = previous->number;
  supervision::DeployPlan plan = plan_of(*release, {});
  plan.verify = false;
  plan.canary = 0;
  plan.watch = Duration::zero();
  plan.at_once = plan.is_rollback = true;
  const auto generation = add(
      std::move(*release), {options.app, previous->number, std::move(follower), Clock::now(), who});
  surroundings_.log.info("rolling back to a kept release", {{"generation", generation},
                                                            {"release", previous->number},
                                                            {"app", std::string_view(options.app)},
                                                            {"who", std::string_view(who)}});
  surroundings_.report(supervision::ReloadRequested{generation, plan});
}

// --- news ---

void Deployer::describe(supervision::Generation generation, const std::string& name,
                        const std::string& version) {
  if (surroundings_.store != nullptr) {
    note(surroundings_.store->describe(number_of(generation), name, version));
  }
}

void Deployer::tell(const supervision::GenerationLive& news) {
  if (surroundings_.store != nullptr) {
    note(surroundings_.store->note_live(number_of(news.generation)));
  }
}

// Of the first generation nobody waits for an end.
void Deployer::tell(const supervision::GenerationFailed& news) {
  if (surroundings_.store != nullptr && !tickets_.contains(news.generation)) {
    note(surroundings_.store->note_outcome(number_of(news.generation), "failed", news.why));
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
    deployed_app_ = ticket.app == options_.app ? "" : ticket.app;
  }
  if (!is_live && surroundings_.store != nullptr) {
    note(surroundings_.store->note_outcome(ticket.number, supervision::name_of(news.outcome),
                                           news.why));
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

// 0 for one that is not kept, or that is forgotten already: news of it may come later.
unsigned Deployer::number_of(supervision::Generation generation) const {
  const Release* const release = surroundings_.releases.find(generation);
  return release == nullptr ? 0 : release->number;
}

supervision::Generation Deployer::add(Release release, Ticket ticket) {
  const auto generation = ++newest_;
  ticket.path = release.options.app;
  surroundings_.releases.add(generation, std::move(release));
  tickets_.emplace(generation, std::move(ticket));
  return generation;
}

Result<Ok> Deployer::keep(Release& release, const std::string& who) {
  if (surroundings_.store == nullptr) {
    return ok();
  }
  surroundings_.store->keep_at_most(static_cast<std::size_t>(options_.keep_releases));
  auto number = surroundings_.store->keep(release.snapshot, who);
  if (!number) {
    return failure(std::move(number.error()));
  }
  release.number = *number;
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
  return !supervisor.is_deploying() && is_same(live.snapshot, release.snapshot);
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
  if (record.at == std::chrono::system_clock::time_point{}) {
    record.at = std::chrono::system_clock::now();
  }
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
    record.path = release->options.app;
    record.release = release->number;
  }
  if (const auto ticket = tickets_.find(deploy->generation); ticket != tickets_.end()) {
    record.who = ticket->second.who;
    record.at = ticket->second.at;
    record.took = Clock::now() - ticket->second.since;
  }
  return record;
}

}  // namespace appserver::master
