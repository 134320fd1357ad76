#pragma once

#include <string>

#include "master/children.h"
#include "observe/crash_report.h"
#include "observe/log.h"
#include "supervision/commands.h"

namespace appserver::master {

// One kind of request has ended workers again and again.
struct RequestThatKills {
  std::string method;
  std::string path;
  std::size_t deaths = 0;
  Duration barred_for = Duration::zero();
};

// Tells people in the log what the supervisor decided and what became of workers. [master]
class Chronicle {
 public:
  explicit Chronicle(observe::Log& log) : log_(log) {}

  // A worker ended. Told at once unless the supervisor has something to add to it: see
  // tell(WorkerLost). One that left a record of its crash is not told here: its report is.
  void note_death(WorkerDeath death);

  void tell(const supervision::WorkerForkFailed& failed);
  void tell(const supervision::GenerationLive& live);
  void tell(const supervision::GenerationFailed& failed);
  void tell(const supervision::WorkerLost& lost);
  void tell(const supervision::ZygoteLost& lost);
  void tell(const supervision::WorkerRecycled& recycled);
  void tell(const supervision::StopDelayed& delayed);
  // `activity`: of that worker, now.
  void tell(const supervision::DrainTimedOut& late, const WorkerActivity& activity);
  void tell(const observe::CrashReport& report);
  void tell(const RequestThatKills& request);
  void tell(const supervision::DeployAdvanced& advanced);
  void tell(const supervision::SlotSwapped& swapped);
  void tell(const supervision::StartFallback& command, const Release& release);
  void tell(const supervision::DeployEnded& ended);

  // All commands that follow from a death were told: a crash that nobody mentioned (of a worker
  // that was leaving anyway) is told now. Returns: what is done about the death.
  std::string close_entry();

  // Why the last generation failed; empty if none did.
  [[nodiscard]] const std::string& last_failure() const noexcept { return last_failure_; }

 private:
  void tell_death(const std::string& what_next);

  observe::Log& log_;
  std::optional<WorkerDeath> death_;
  std::string next_;  // What is done about it.
  std::string last_failure_;
};

}  // namespace appserver::master
