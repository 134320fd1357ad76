#include "master/history.h"

#include <utility>

namespace appserver::master {
namespace {

std::string how_it_ended(const WorkerDeath& death) {
  if (death.crash) {
    return death.crash->event.kind == ipc::EndKind::Timeout ? "timeout" : "crash";
  }
  if (death.reason.kind == supervision::ExitReason::Kind::Signalled) {
    return "killed";
  }
  return death.reason.code == 0 ? "asked" : "exit";
}

}  // namespace

void History::note(DeployRecord record) {
  ++outcomes_[record.state];
  deploys_.push_back(std::move(record));
  if (deploys_.size() > kMostDeploys) {
    deploys_.pop_front();
  }
}

void History::note_death(const WorkerDeath& death) {
  ++exits_[how_it_ended(death)];
  of_the_dead_ += death.answers;
}

ipc::Tally History::answers(const ipc::Scoreboard& scoreboard) const {
  ipc::Tally sum = of_the_dead_;
  for (const ipc::ScoreboardEntry& entry : scoreboard.entries()) {
    sum += entry.tally();
  }
  return sum;
}

}  // namespace appserver::master
