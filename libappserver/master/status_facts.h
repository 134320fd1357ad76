#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "ipc/messages.h"
#include "ipc/scoreboard.h"
#include "master/children.h"
#include "master/deployer.h"
#include "master/history.h"
#include "master/inquests.h"
#include "master/release_store.h"
#include "master/releases.h"
#include "supervision/supervisor.h"

namespace appserver::master {

// Tells all that there is to see of the server, fact by fact: the answer to SnapshotWanted. Changes
// nothing. [master]
class StatusFacts {
 public:
  // All outlive it. `store`: null when no releases are kept.
  struct Surroundings {
    std::string name;
    std::chrono::system_clock::time_point started_at;
    std::function<std::vector<std::string>()> binds;
    const ipc::Scoreboard& scoreboard;
    const supervision::Supervisor& supervisor;
    const Releases& releases;
    const ReleaseStore* store;
    const Deployer& deployer;
    const Children& children;
    const Inquests& inquests;
    const History& history;
  };
  explicit StatusFacts(Surroundings surroundings) : with_(std::move(surroundings)) {}

  using Tell = std::function<void(const ipc::Message&)>;
  void tell(std::uint32_t id, const Tell& tell) const;

 private:
  [[nodiscard]] ipc::ServerFacts server() const;
  [[nodiscard]] std::string state() const;
  void tell_generations(std::uint32_t id, const Tell& tell) const;
  void tell_releases(std::uint32_t id, const Tell& tell) const;
  void tell_deploys(std::uint32_t id, const Tell& tell) const;
  void tell_crashes(std::uint32_t id, const Tell& tell) const;
  [[nodiscard]] ipc::CountFacts counts() const;

  const Surroundings with_;
};

}  // namespace appserver::master
