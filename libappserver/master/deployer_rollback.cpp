// Putting back what was live before.

#include <string_view>
#include <utility>

#include "master/deployer.h"

namespace appserver::master {

void Deployer::rollback(const std::string& who, DeployFollower follower, const std::string& mount) {
  const supervision::Supervisor& supervisor = surroundings_.supervisor;
  const auto& deploy = supervisor.deploy();
  const auto label = find_target(mount);
  if (!label) {
    refuse(follower, label.error().message, who);
    return;
  }
  // The standby has all apps as they were before; that is what is wanted if only this one differs.
  const auto& live = surroundings_.releases.at(supervisor.desired().live);
  const bool is_standby_meant =
      supervisor.standby() &&
      (live.apps.size() == 1 ||
       differ_only_at(live, surroundings_.releases.at(supervisor.standby()->generation), *label));
  if (!deploy && !is_standby_meant) {
    roll_back_to_kept(*label, who, std::move(follower));
    return;
  }
  const auto generation = deploy ? deploy->generation : supervisor.standby()->generation;
  surroundings_.log.info("rolling back",
                         {{"generation", generation}, {"who", std::string_view(who)}});
  if (deploy) {
    tickets_[generation].rollbacks.push_back(std::move(follower));
  } else {
    tickets_[generation] =
        ticket_of(surroundings_.releases.at(generation), *label, who, std::move(follower));
  }
  surroundings_.report(supervision::RollbackRequested{});
}

Result<std::string> Deployer::find_target(const std::string& mount) const {
  const supervision::Supervisor& supervisor = surroundings_.supervisor;
  const auto& deploy = supervisor.deploy();
  if (supervisor.is_stop_requested()) {
    return failure(std::string("the server is stopping"));
  }
  if (deploy && deploy->plan.is_rollback) {
    return failure(std::string("a rollback is under way already"));
  }
  if (deploy && mount.empty()) {
    return std::string();
  }
  auto label = choose_mount(options_, mount);
  const Release& live = surroundings_.releases.at(supervisor.desired().live);
  if (label && deploy && have_same(live, surroundings_.releases.at(deploy->generation), *label) &&
      live.apps.size() > 1) {
    return failure("a deploy is under way that is not about " + *label +
                   "; wait for its end, or roll it back without naming a mount");
  }
  return label;
}

// Its zygote has gone, or has other apps in their older state as well: the kept copy is loaded
// again. It was live once, so it is not checked anew.
void Deployer::roll_back_to_kept(const std::string& label, const std::string& who,
                                 DeployFollower follower) {
  const observe::KeptRelease* const previous =
      surroundings_.store == nullptr ? nullptr : surroundings_.store->previous(label);
  if (previous == nullptr) {
    refuse(follower, "there is no release to go back to", who);
    return;
  }
  const unsigned number = previous->number;
  const std::string path = previous->files.front().path;
  auto snapshot = surroundings_.store->load(*previous);
  auto release = snapshot ? make_with(label, {{"", "", path}, std::move(*snapshot), number})
                          : Result<Release>(failure(std::move(snapshot.error())));
  if (!release) {
    refuse(follower, release.error().message, who, path);
    return;
  }
  supervision::DeployPlan plan = plan_of(*release, {});
  plan.verify = false;
  plan.canary = 0;
  plan.watch = Duration::zero();
  plan.at_once = plan.is_rollback = true;
  const auto generation = add(std::move(*release), label, who, std::move(follower));
  surroundings_.log.info("rolling back to a kept release", {{"generation", generation},
                                                            {"mount", std::string_view(label)},
                                                            {"release", number},
                                                            {"app", std::string_view(path)},
                                                            {"who", std::string_view(who)}});
  surroundings_.report(supervision::ReloadRequested{generation, plan});
}

}  // namespace appserver::master
