#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "ipc/scoreboard.h"
#include "ipc/tally.h"
#include "master/children.h"
#include "master/deploy_request.h"

namespace appserver::master {

// What has happened since this program was started, as far as somebody may ask: the last deploys,
// how workers ended, and what the dead ones had answered. [master]
class History {
 public:
  static constexpr std::size_t kMostDeploys = 20;

  void note(DeployRecord record);
  void note_death(const WorkerDeath& death);

  // The newest last.
  [[nodiscard]] const std::deque<DeployRecord>& deploys() const noexcept { return deploys_; }
  [[nodiscard]] const std::map<std::string, std::uint64_t>& outcomes() const noexcept {
    return outcomes_;
  }
  [[nodiscard]] const std::map<std::string, std::uint64_t>& exits() const noexcept {
    return exits_;
  }
  // What all workers have answered, the dead ones and those on the scoreboard.
  [[nodiscard]] ipc::Tally answers(const ipc::Scoreboard& scoreboard) const;

 private:
  std::deque<DeployRecord> deploys_;
  std::map<std::string, std::uint64_t> outcomes_;
  std::map<std::string, std::uint64_t> exits_;
  ipc::Tally of_the_dead_{};
};

}  // namespace appserver::master
