#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <sys/types.h>

#include "base/event_loop.h"
#include "base/private_folder.h"
#include "ipc/channel.h"
#include "master/children.h"
#include "master/release.h"
#include "net/listener.h"
#include "observe/log.h"
#include "supervision/events.h"

namespace appserver::master {

// The verification of a generation: one worker of it, on a unix socket that nobody else knows, and
// a process that asks it what [[deploy.check]] and --verify-command say. The master itself reads
// nothing of what the release answers. [master]
//
//   start() -> fork of the worker -> it is ready -> check child -> VerificationEnded
//
// Whatever ends it, the worker is stopped, and killed when it does not leave.
class Verification {
 public:
  struct Surroundings {
    EventLoop& loop;
    observe::Log& log;
    Children& children;
    // In the check child: gives up what it inherited, and takes its name.
    std::function<void(std::span<const int> kept_fds, const std::string& title)> leave_master;
    std::function<void(supervision::Event)> report;
  };
  // All that is in `surroundings` outlives it.
  explicit Verification(Surroundings surroundings);
  Verification(const Verification&) = delete;
  Verification& operator=(const Verification&) = delete;
  ~Verification();

  // Whether a release with these options has to be verified at all.
  [[nodiscard]] static bool is_wanted(const config::Options& options) {
    return !options.deploy_checks.empty() || !options.verify_command.empty();
  }

  // `release` stays until the end. If it cannot be started, VerificationEnded says so.
  // Requires: none is under way.
  void start(supervision::Generation generation, const Release& release);
  void cancel();

  // Returns: whether the event is about a worker of this, and so nobody else's.
  [[nodiscard]] bool takes(const supervision::Event& event);
  // Returns: whether it was the check child.
  [[nodiscard]] bool child_exited(pid_t pid, int wait_status);

  // Whether nothing of it is left, not even a worker that leaves.
  [[nodiscard]] bool is_idle() const { return run_ == nullptr && leaving_.empty() && forks_ == 0; }

 private:
  struct Run;

  void take(const supervision::WorkerForked& event);
  void take(const supervision::WorkerForkFailed& event);
  void take(const supervision::WorkerReady& event);
  void take(const supervision::WorkerFailedToBoot& event);
  void take(const supervision::WorkerExited& event);
  template <typename Other>
  void take(const Other&) {}

  [[nodiscard]] Result<Ok> begin(Run& run);
  [[nodiscard]] Result<Ok> start_checks(Run& run);
  [[noreturn]] void become_check_child(const Run& run, ipc::Channel channel);
  void read_checks() noexcept;
  void end(const std::optional<std::string>& why);
  // Ends the processes of a run.
  void clear();
  void dismiss(pid_t worker);
  void kill_leaving() noexcept;

  Surroundings surroundings_;
  std::unique_ptr<Run> run_;
  // Forks that were asked for and not answered; of a run that was cancelled meanwhile, too.
  unsigned forks_ = 0;
  std::set<pid_t> leaving_;  // Workers that were told to leave.
  TimerWatcher patience_;
};

}  // namespace appserver::master
