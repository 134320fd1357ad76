#include "master/master.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <memory>
#include <random>
#include <signal.h>
#include <string_view>
#include <sys/prctl.h>
#include <type_traits>
#include <unistd.h>
#include <utility>
#include <variant>

#include "app/thread_count.h"
#include "base/after_fork.h"
#include "base/event_loop.h"
#include "base/signals.h"
#include "config/restart.h"
#include "master/chronicle.h"
#include "master/inquests.h"
#include "master/listening.h"
#include "master/notifier.h"
#include "master/overdue_watch.h"
#include "master/releases.h"
#include "master/upgrade.h"
#include "supervision/service_status.h"
#include "supervision/supervisor.h"

namespace appserver::master {
namespace {

supervision::Policy policy_of(const config::Options& options) {
  supervision::Policy policy;
  policy.workers = static_cast<unsigned>(options.workers);
  policy.reload_batch = static_cast<unsigned>(options.reload_batch);
  policy.boot_timeout = options.boot_timeout;
  policy.graceful_timeout = options.graceful_timeout;
  policy.drain_delay = options.drain_delay;
  return policy;
}

constexpr std::array kWatchedSignals = {SIGTERM, SIGINT,  SIGQUIT, SIGHUP,
                                        SIGTTIN, SIGTTOU, SIGUSR1, SIGUSR2};

supervision::Supervisor make_supervisor(const MasterSetup& setup) {
  const std::uint32_t seed = std::random_device{}();
  if (!setup.succession) {
    return supervision::Supervisor(policy_of(setup.release.options), seed);
  }
  const FamilyState& family = setup.succession->family;
  // Takeover::read() has checked that it fits together.
  return supervision::Supervisor::resume(policy_of(family.options), seed, family.ledger).value();
}

class Master {
 public:
  explicit Master(MasterSetup& setup);

  Farewell run();

 private:
  // Events in, commands out.
  void report(supervision::Event event);
  void execute(const std::vector<supervision::Command>& commands);
  template <typename Command>
  void execute_one(const Command& command);
  void settle();
  void wait_for_next_deadline();
  void deadline_reached() noexcept { report(supervision::TimePassed{}); }
  void on_child_exit(int pid, int status) noexcept;

  // Signals.
  void on_signal(int signal) noexcept;
  void stop(bool graceful);
  void reload();
  void scale(int by);
  void reopen_logs();

  // SIGUSR2, on both sides of it.
  [[nodiscard]] bool is_at_rest() const;
  [[nodiscard]] UpgradeState state() const;
  void succeed(const FamilyState& family);

  // In a child, before it is anything else.
  void leave(std::span<const int> kept_fds) noexcept;

  MasterSetup& setup_;
  EventLoop loop_{EventLoop::Kind::Default};
  supervision::Supervisor supervisor_;
  Chronicle chronicle_;
  config::Options options_;  // The newest ones; each release has those it was made with.
  Listening listening_;
  Releases releases_{listening_, supervisor_};
  Notifier notifier_;
  supervision::Generation newest_ = 1;
  Children children_;
  std::deque<SignalWatcher> signals_;
  Upgrade upgrade_;
  ChildWatcher child_exits_{loop_};
  TimerWatcher deadline_{loop_};
  OverdueWatch overdue_;
  Inquests inquests_;
  std::deque<supervision::Event> events_;
  bool is_handling_ = false;
  std::optional<int> exit_code_;
};

Master::Master(MasterSetup& setup)
    : setup_(setup),
      supervisor_(make_supervisor(setup)),
      chronicle_(setup.log),
      options_(setup.succession ? setup.succession->family.options : setup.release.options),
      listening_(loop_, setup.listeners, setup.handoff, setup.log),
      notifier_(loop_, setup.service, setup.log),
      children_({loop_, setup.scoreboard, [this](auto kept_fds) { leave(kept_fds); }, setup.zygote,
                 [this](supervision::Event event) { report(std::move(event)); },
                 [this](WorkerDeath death) { inquests_.note_death(std::move(death)); }}),
      upgrade_({loop_, setup.log, setup.program, [this] { return is_at_rest(); },
                [this] { return supervisor_.is_stop_requested(); }, [this] { return state(); },
                [this]() -> Duration { return options_.boot_timeout; },
                [this](auto kept_fds) { leave(kept_fds); }}),
      overdue_(loop_, setup.scoreboard,
               [this](pid_t worker, TimePoint since) {
                 report(supervision::HandlerOverdue{worker, since});
               }),
      inquests_({loop_, setup.log, chronicle_, setup.scoreboard.barred(), options_, releases_,
                 children_}) {
  if (setup.succession) {
    succeed(setup.succession->family);
  } else {
    releases_.add(newest_, std::move(setup.release));
  }
  // A peer that is gone, and a file that may not grow, are errors of a call and no reason to die.
  ignore_signals({SIGPIPE, SIGXFSZ});
  for (const int signal : kWatchedSignals) {
    signals_.emplace_back(loop_).start<&Master::on_signal>(this, signal);
  }
  child_exits_.start<&Master::on_child_exit>(this);
}

Farewell Master::run() {
  if (setup_.succession) {
    setup_.succession->settle();
    loop_.look_for_ended_children();
  } else {
    is_handling_ = true;
    execute(supervisor_.start(Clock::now()));
    is_handling_ = false;
  }
  report(supervision::TimePassed{});  // Whatever failed at once, or was due, is an event by now.
  overdue_.start();
  while (!exit_code_.has_value()) {
    loop_.run_once();
    upgrade_.go_on();
  }
  inquests_.finish();
  return {*exit_code_, *exit_code_ == 0 ? "" : chronicle_.last_failure()};
}

// --- events in, commands out ---

// Commands can fail at once and so lead to further events: those are queued and handled in turn, so
// that the supervisor sees one after the other.
void Master::report(supervision::Event event) {
  events_.push_back(std::move(event));
  if (is_handling_) {
    return;
  }
  is_handling_ = true;
  while (!events_.empty()) {
    const supervision::Event next = std::move(events_.front());
    events_.pop_front();
    if (const auto* failed = std::get_if<supervision::WorkerForkFailed>(&next)) {
      chronicle_.tell(*failed);
    }
    execute(supervisor_.handle(next, Clock::now()));
    if (std::holds_alternative<supervision::WorkerExited>(next)) {
      inquests_.close_entry();
    }
  }
  is_handling_ = false;
  settle();
}

void Master::settle() {
  releases_.keep_sockets();
  notifier_.update(supervision::service_status(supervisor_));
  wait_for_next_deadline();
}

void Master::execute(const std::vector<supervision::Command>& commands) {
  for (const supervision::Command& command : commands) {
    std::visit([this](const auto& one) { execute_one(one); }, command);
  }
}

template <typename Command>
void Master::execute_one(const Command& command) {
  using namespace supervision;
  if constexpr (std::is_same_v<Command, BootZygote>) {
    if (app::thread_count() > 1) {
      // Nobody may start one here. A fork would copy its locks as they are.
      setup_.log.error("the master has more than one thread; this is a defect of the server");
    }
    children_.boot_zygote(command.generation, releases_.at(command.generation));
  } else if constexpr (std::is_same_v<Command, ForkWorker>) {
    children_.fork_worker(command.slot, command.generation);
  } else if constexpr (std::is_same_v<Command, DrainWorker>) {
    children_.drain_worker(command.pid, !supervisor_.is_stopping());
  } else if constexpr (std::is_same_v<Command, StopWorker>) {
    children_.stop_worker(command.pid);
  } else if constexpr (std::is_same_v<Command, TimeOutWorker>) {
    children_.time_out_worker(command.pid);
  } else if constexpr (std::is_same_v<Command, KillWorker>) {
    children_.kill_worker(command.pid);
  } else if constexpr (std::is_same_v<Command, RetireZygote>) {
    children_.retire_zygote(command.generation);
  } else if constexpr (std::is_same_v<Command, KillZygote>) {
    children_.kill_zygote(command.generation);
  } else if constexpr (std::is_same_v<Command, ForgetGeneration>) {
    releases_.forget(command.generation);
  } else if constexpr (std::is_same_v<Command, DrainTimedOut>) {
    chronicle_.tell(command, children_.activity_of(command.pid));
  } else if constexpr (std::is_same_v<Command, CloseDoors>) {
    listening_.close_doors();
  } else if constexpr (std::is_same_v<Command, ExitMaster>) {
    exit_code_ = command.code;
  } else {
    if constexpr (std::is_same_v<Command, GenerationLive>) {
      releases_.adjust_sockets(command.generation);
      notifier_.reload_succeeded();
    } else if constexpr (std::is_same_v<Command, GenerationFailed>) {
      notifier_.reload_failed(command.why);
    }
    chronicle_.tell(command);
  }
}

void Master::wait_for_next_deadline() {
  const auto next = supervisor_.next_deadline();
  if (!next.has_value() || exit_code_.has_value()) {
    deadline_.stop();
    return;
  }
  const std::chrono::duration<double> from_now = *next - Clock::now();
  deadline_.start<&Master::deadline_reached>(this, std::max(from_now.count(), 0.0));
}

void Master::on_child_exit(int pid, int status) noexcept {
  if (!upgrade_.child_exited(pid, status) && !inquests_.child_exited(pid, status)) {
    children_.child_exited(pid, status);
  }
}

// --- signals ---

void Master::on_signal(int signal) noexcept {
  switch (signal) {
    case SIGTERM:
      setup_.log.info("stopping gracefully", {{"signal", "SIGTERM"}});
      stop(true);
      break;
    case SIGINT:
    case SIGQUIT:
      setup_.log.info("stopping quickly", {{"signal", signal == SIGINT ? "SIGINT" : "SIGQUIT"}});
      stop(false);
      break;
    case SIGHUP:
      reload();
      break;
    case SIGTTIN:
      scale(+1);
      break;
    case SIGTTOU:
      scale(-1);
      break;
    case SIGUSR1:
      reopen_logs();
      break;
    default:
      upgrade_.request();
  }
}

void Master::stop(bool graceful) {
  setup_.scoreboard.announce_stop();  // Seen by probes, also while the stop itself is delayed.
  report(supervision::StopRequested{graceful});
}

// A mistake changes nothing: the live generation serves on.
void Master::reload() {
  notifier_.reload_asked();
  auto release = releases_.make(setup_.reread_options());
  if (!release) {
    setup_.log.error("reload refused", {{"why", std::string_view(release.error().message)}});
    notifier_.reload_failed(release.error().message);
    settle();
    return;
  }
  for (const std::string& name : config::changed_for_restart(options_, release->options)) {
    setup_.log.warning("an option changed that needs a restart",
                       {{"option", std::string_view(name)}});
  }
  const bool wants_other_count = release->options.workers != options_.workers;
  options_ = release->options;
  setup_.log.set_level(options_.log_level);
  supervisor_.change_policy(policy_of(options_));
  inquests_.change_options();
  const auto generation = ++newest_;
  setup_.log.info("reloading", {{"generation", generation},
                                {"app", std::string_view(release->snapshot.app.path)},
                                {"build_id", std::string_view(release->snapshot.app.build_id)}});
  releases_.add(generation, std::move(*release));
  if (wants_other_count) {
    report(supervision::ScaleRequested{static_cast<unsigned>(options_.workers)});
  }
  report(supervision::ReloadRequested{generation});
}

void Master::scale(int by) {
  const auto wanted = static_cast<int>(supervisor_.desired().workers) + by;
  if (wanted < 1) {
    setup_.log.warning("one worker is left; not scaling down any further");
    return;
  }
  setup_.log.info("scaling", {{"workers", wanted}});
  report(supervision::ScaleRequested{static_cast<unsigned>(wanted)});
}

void Master::reopen_logs() {
  const auto files = setup_.log_files.open_again();
  if (!files) {
    setup_.log.error("cannot reopen the logs; writing to the old files",
                     {{"why", std::string_view(files.error().message)}});
    return;
  }
  setup_.log_files.take_over(*files);
  children_.send_logs(*files);
  setup_.log.info("reopened the logs");
}

// --- an upgrade in place ---

bool Master::is_at_rest() const {
  return supervisor_.is_at_rest() && events_.empty() && listening_.is_at_rest() &&
         children_.family().has_value() && inquests_.is_at_rest();
}

UpgradeState Master::state() const {
  UpgradeState state;
  state.shared = setup_.shared_state();
  state.family.options = options_;
  state.family.releases = releases_.states();
  if (auto family = children_.family()) {
    state.family.zygotes = std::move(family->zygotes);
    state.family.workers = std::move(family->workers);
  }
  state.family.ledger = supervisor_.copy();
  return state;
}

void Master::succeed(const FamilyState& family) {
  for (const ReleaseState& release : family.releases) {
    Release adopted = adopt(release);
    adopted.listener_fds =
        setup_.listeners.fds();  // At rest, all that are open are the live one's.
    releases_.add(release.generation, std::move(adopted));
  }
  newest_ = family.ledger.newest;
  children_.adopt({family.zygotes, family.workers});
}

void Master::leave(std::span<const int> kept_fds) noexcept {
  std::vector<int> kept(kept_fds.begin(), kept_fds.end());
  kept.insert(kept.end(), {setup_.handoff.send_fd(), setup_.handoff.receive_fd()});
  kept.push_back(setup_.log_files.error_log().fd());
  if (const observe::LogFile* access = setup_.log_files.access_log(); access != nullptr) {
    kept.push_back(access->fd());
  }
  std::vector<SignalWatcher*> watchers;
  for (SignalWatcher& watcher : signals_) {
    watchers.push_back(&watcher);
  }
  after_fork({watchers, &loop_, true, kept});
}

}  // namespace

Farewell master(MasterSetup setup) {
  // Orphaned workers become children of this process instead of init's (prctl(2)).
  ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  // An exception while another program's server is taken over must not unwind, which would close
  // what the way back needs: it ends in SIGABRT, which Fallback catches.
  const auto make = [&setup]() noexcept { return std::make_unique<Master>(setup); };
  const auto self = setup.succession ? make() : std::make_unique<Master>(setup);
  return self->run();
}

void rehearse(MasterSetup setup) {
  const Master self(setup);
}

}  // namespace appserver::master
