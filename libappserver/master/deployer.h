#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "config/options.h"
#include "ipc/messages.h"
#include "master/deploy_request.h"
#include "master/next_release.h"
#include "master/notifier.h"
#include "master/release_store.h"
#include "master/releases.h"
#include "observe/log.h"
#include "supervision/supervisor.h"

namespace appserver::master {

// Makes generations out of what is asked for: a reload (SIGHUP), a deploy, a rollback. It takes the
// snapshot, has the supervisor roll it out, and tells who asked how it went. Decides nothing about
// processes. [master]
//
// A mistake (a file that is no app, a configuration that is none, no room for a copy) is the end of
// the request and of nothing else: the live generation is as it was.
class Deployer {
 public:
  struct Surroundings {
    observe::Log& log;
    const supervision::Supervisor& supervisor;
    Releases& releases;
    Notifier& notifier;
    // Null: nothing is kept.
    ReleaseStore* store;
    std::function<Result<config::Options>()> reread_options;
    std::function<void(const config::Options&)> follow_options;  // Policy, number of workers, log.
    std::function<void(supervision::Event)> report;
    std::function<void(DeployRecord)> record;  // Of each that has ended, also the refused ones.
  };
  // `options`: those of the latest configuration. `newest`: the highest generation so far. All in
  // `surroundings` outlives it.
  Deployer(Surroundings surroundings, config::Options options, supervision::Generation newest);
  Deployer(const Deployer&) = delete;
  Deployer& operator=(const Deployer&) = delete;

  // The configuration as it was read last, whatever was deployed since.
  [[nodiscard]] const config::Options& options() const { return options_; }
  // The files that are to be reloaded instead of the configured ones, because they were deployed
  // since.
  [[nodiscard]] const DeployedApps& deployed_apps() const { return deployed_apps_; }
  void resume_deployed_apps(DeployedApps apps) { deployed_apps_ = std::move(apps); }

  // A generation that somebody else numbered.
  void skip_number(supervision::Generation generation) { newest_ = generation; }

  // Reads the configuration again and rolls out what it names, or, of each mount, the path that was
  // deployed since as long as the configuration names the same file as before. An app whose file
  // has not changed keeps its number. A deploy under way is superseded.
  // Returns: whether something was begun; else the reason is in the log.
  bool reload(const std::string& who = "SIGHUP", DeployFollower follower = {});

  // Rolls out the file at the path, with the options of the last reload. The apps of other mounts
  // stay as they are. `follower.ended` may be
  // called at once: when the request is refused, or when the file is that of the live release.
  void deploy(const DeployRequest& request, DeployFollower follower);
  // The same with a snapshot that was taken of the file.
  void deploy(const DeployRequest& request, app::Snapshot snapshot, DeployFollower follower);

  // Puts the release before the live one back, of the app at `mount` (empty: the only one); during
  // a deploy, ends that one.
  void rollback(const std::string& who, DeployFollower follower, const std::string& mount = {});

  // The deploy that is under way; nothing if there is none.
  [[nodiscard]] std::optional<DeployRecord> under_way() const;

  // News from the supervisor, and what the app of a generation says of itself.
  void describe(supervision::Generation generation, const ipc::AppDescribed& app);
  void tell(const supervision::GenerationLive& news);
  void tell(const supervision::GenerationFailed& news);
  void tell(const supervision::DeployAdvanced& news);
  void tell(const supervision::SlotSwapped& news);
  void tell(const supervision::DeployEnded& news);

 private:
  // A deploy, reload or rollback that was begun.
  struct Ticket {
    DeployedApps deployed = {};        // When it is live.
    unsigned number = 0;               // Of the release that is told.
    std::vector<unsigned> fresh = {};  // Releases that the live generation does not have.
    DeployFollower follower = {};
    TimePoint since = {};
    std::string who = {};
    std::chrono::system_clock::time_point at = std::chrono::system_clock::now();
    std::string path = {};  // Of the app; its release may be forgotten before the end is told.
    std::vector<DeployFollower> rollbacks = {};  // Who wants it undone.
  };

  void roll_out(const DeployRequest& request, std::optional<app::Snapshot> snapshot,
                DeployFollower follower);
  // `label`: of the app that it is about; empty: of all.
  supervision::Generation add(Release release, const std::string& label, const std::string& who,
                              DeployFollower follower);
  [[nodiscard]] Ticket ticket_of(const Release& release, const std::string& label,
                                 const std::string& who, DeployFollower follower) const;
  // Numbers what has no number yet. Returns: whether it is kept, or need not be.
  [[nodiscard]] Result<Ok> keep(Release& release, const std::string& who);
  void note(const Result<Ok>& kept);
  void roll_back_to_kept(const std::string& label, const std::string& who, DeployFollower follower);
  // The live generation with another app at `label`.
  [[nodiscard]] Result<Release> make_with(const std::string& label, app::MountedSnapshot next);
  // Which app is meant by a rollback, or empty when a deploy is under way that it ends.
  [[nodiscard]] Result<std::string> find_target(const std::string& mount) const;
  [[nodiscard]] supervision::DeployPlan plan_of(const Release& release,
                                                const DeployRequest& request) const;
  [[nodiscard]] std::optional<std::string> find_obstacle(bool supersede) const;
  [[nodiscard]] bool is_live_already(const Release& release) const;
  void refuse(const DeployFollower& follower, const std::string& why, const std::string& who = {},
              const std::string& path = {});
  void conclude(const DeployFollower& follower, const DeployResult& result, DeployRecord record);

  Surroundings surroundings_;
  config::Options options_;
  supervision::Generation newest_;
  DeployedApps deployed_apps_;
  std::map<supervision::Generation, Ticket> tickets_;
};

}  // namespace appserver::master
