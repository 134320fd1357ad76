#pragma once

#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "base/event_loop.h"
#include "master/admin_process.h"
#include "master/build_watch.h"
#include "master/children.h"
#include "master/chronicle.h"
#include "master/control_desk.h"
#include "master/deploy_watch.h"
#include "master/deployer.h"
#include "master/history.h"
#include "master/inquests.h"
#include "master/listening.h"
#include "master/master.h"
#include "master/notifier.h"
#include "master/overdue_watch.h"
#include "master/releases.h"
#include "master/status_facts.h"
#include "master/upgrade.h"
#include "master/verification.h"
#include "supervision/supervisor.h"

namespace appserver::master {

// The running master as one object: what it owns, in the order in which that is made. How events
// and commands flow is in master.cpp, what signals do in master_signals.cpp. [master]
class Master {
 public:
  // Outlives it.
  explicit Master(MasterSetup& setup);
  Master(const Master&) = delete;
  Master& operator=(const Master&) = delete;
  ~Master() = default;

  Farewell run();

 private:
  // Events in, commands out.
  void report(supervision::Event event);
  void execute(const std::vector<supervision::Command>& commands);
  template <typename Command>
  void execute_one(const Command& command);
  void bury(WorkerDeath death);
  void settle();
  void wait_for_next_deadline();
  void deadline_reached() noexcept { report(supervision::TimePassed{}); }
  void on_child_exit(int pid, int status) noexcept;

  // Signals.
  void on_signal(int signal) noexcept;
  void on_bell(int) noexcept;
  void reload();
  void stop(bool graceful);
  void follow(const config::Options& options);
  void scale(int by);
  Result<Ok> reopen_logs();

  // SIGUSR2, on both sides of it.
  [[nodiscard]] bool is_at_rest() const;
  [[nodiscard]] UpgradeState state() const;
  void succeed(const Succession& succession);

  // In a child, before it is anything else.
  void leave(std::span<const int> kept_fds) noexcept;

  // The admin process: where it comes from, and what it says.
  [[nodiscard]] AdminProcess::Surroundings admin_surroundings();
  [[nodiscard]] StatusFacts::Surroundings status_surroundings();
  [[nodiscard]] ControlDesk::Surroundings control_surroundings();
  void hear_admin(const ipc::Message& message);
  void start_admin();

  MasterSetup& setup_;
  EventLoop loop_{EventLoop::Kind::Default};
  supervision::Supervisor supervisor_;
  Chronicle chronicle_;
  const std::chrono::system_clock::time_point started_at_;  // The server, not this program.
  int configured_workers_;  // Signals may have changed the number since.
  Listening listening_;
  Releases releases_{listening_, supervisor_};
  Notifier notifier_;
  Children children_;
  Deployer deployer_;
  Verification verification_;
  DeployWatch watch_;
  BuildWatch builds_;
  std::deque<SignalWatcher> signals_;
  IoWatcher bell_{loop_};
  Upgrade upgrade_;
  ChildWatcher child_exits_{loop_};
  TimerWatcher deadline_{loop_};
  OverdueWatch overdue_;
  Inquests inquests_;
  History history_;
  AdminProcess admin_;
  StatusFacts status_;
  ControlDesk control_;
  std::deque<supervision::Event> events_;
  bool is_handling_ = false;
  std::optional<int> exit_code_;
};

}  // namespace appserver::master
