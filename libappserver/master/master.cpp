#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <random>
#include <signal.h>
#include <sys/prctl.h>
#include <type_traits>
#include <utility>
#include <variant>

#include "app/thread_count.h"
#include "base/signals.h"
#include "master/master_process.h"
#include "master/policy.h"
#include "supervision/service_status.h"

namespace appserver::master {
namespace {

constexpr std::array kWatchedSignals = {SIGTERM, SIGINT,  SIGQUIT, SIGHUP,
                                        SIGTTIN, SIGTTOU, SIGUSR1, SIGUSR2};

// The configuration as it was read last.
const config::Options& options_of(const MasterSetup& setup) {
  return setup.succession ? setup.succession->family.options : setup.release.options;
}

std::chrono::system_clock::time_point started_at(const MasterSetup& setup) {
  using std::chrono::system_clock;
  const std::int64_t told = setup.succession ? setup.succession->family.started_at : 0;
  return told > 0 ? system_clock::time_point(std::chrono::milliseconds(told)) : system_clock::now();
}

supervision::Supervisor make_supervisor(const MasterSetup& setup) {
  const std::uint32_t seed = std::random_device{}();
  if (!setup.succession) {
    supervision::Supervisor supervisor(policy_of(setup.release.options), seed);
    if (setup.fallback) {
      supervisor.offer_fallback();
    }
    return supervisor;
  }
  const FamilyState& family = setup.succession->family;
  // Takeover::read() has checked that it fits together.
  return supervision::Supervisor::resume(policy_of(family.options), seed, family.ledger).value();
}

}  // namespace

Master::Master(MasterSetup& setup)
    : setup_(setup),
      supervisor_(make_supervisor(setup)),
      chronicle_(setup.log),
      started_at_(started_at(setup)),
      configured_workers_(options_of(setup).workers),
      listening_(loop_, setup.listeners, setup.handoff, setup.log),
      notifier_(loop_, setup.service, setup.log),
      children_({loop_, setup.scoreboard, [this](auto kept_fds) { leave(kept_fds); }, setup.zygote,
                 [this](supervision::Event event) { report(std::move(event)); },
                 [this](std::uint32_t generation, const ipc::AppDescribed& app) {
                   deployer_.describe(generation, app);
                 },
                 [this](WorkerDeath death) { bury(std::move(death)); },
                 [this](const WorkerHold& hold) { inquests_.note_hold(hold); }}),
      deployer_({setup.log, supervisor_, releases_, notifier_, setup.store, setup.reread_options,
                 [this](const config::Options& options) { follow(options); },
                 [this](supervision::Event event) { report(std::move(event)); },
                 [this](DeployRecord record) { history_.note(std::move(record)); }},
                options_of(setup), setup.succession ? setup.succession->family.ledger.newest : 1),
      verification_({loop_, setup.log, children_,
                     [this](auto kept_fds, const std::string& title) {
                       leave(kept_fds);
                       setup_.set_title(title);
                     },
                     [this](supervision::Event event) { report(std::move(event)); }}),
      watch_(loop_, setup.scoreboard,
             [this](supervision::Event event) { report(std::move(event)); }),
      builds_({loop_, setup.log, supervisor_, releases_, deployer_}),
      upgrade_({loop_, setup.log, setup.program, [this] { return is_at_rest(); },
                [this] { return supervisor_.is_stop_requested(); }, [this] { return state(); },
                [this]() -> Duration { return deployer_.options().boot_timeout; },
                [this](auto kept_fds) { leave(kept_fds); },
                [this](const std::string& why) { control_.upgrade_failed(why); }}),
      overdue_(loop_, setup.scoreboard,
               [this](pid_t worker, TimePoint since) {
                 report(supervision::HandlerOverdue{worker, since});
               }),
      inquests_({loop_, setup.log, chronicle_, setup.scoreboard.barred(), deployer_.options(),
                 releases_, children_}),
      admin_(admin_surroundings(), options_of(setup), setup.name),
      status_(status_surroundings()),
      control_(control_surroundings()) {
  if (setup.succession) {
    succeed(*setup.succession);
  } else {
    releases_.add(1, std::move(setup.release));
  }
  // A peer that is gone, and a file that may not grow, are errors of a call and no reason to die.
  ignore_signals({SIGPIPE, SIGXFSZ});
  const HostProgram* const host = setup.host_program;
  if (host != nullptr) {
    bell_.start<&Master::on_bell>(this, host->bell.fd(), IoWatcher::kReadable);
  }
  if (host == nullptr || host->takes_signals) {
    for (const int signal : kWatchedSignals) {
      signals_.emplace_back(loop_).start<&Master::on_signal>(this, signal);
    }
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
  start_admin();
  while (!exit_code_.has_value()) {
    loop_.run_once();
    upgrade_.go_on();
    builds_.go_on();
  }
  inquests_.finish();
  control_.close();
  setup_.log.set_witness({});  // The log outlives this object.
  admin_.end();
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
    if (verification_.takes(next)) {
      continue;
    }
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

void Master::bury(WorkerDeath death) {
  if (death.slot == kUnlistedSlot) {
    return;  // It served nobody; its verification tells how it ended.
  }
  watch_.bury(death.generation, death.answers);
  history_.note_death(death);
  inquests_.note_death(std::move(death));
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
    watch_.forget(command.generation);
  } else if constexpr (std::is_same_v<Command, DrainTimedOut>) {
    chronicle_.tell(command, children_.activity_of(command.pid));
  } else if constexpr (std::is_same_v<Command, CloseDoors>) {
    listening_.close_doors();
  } else if constexpr (std::is_same_v<Command, StartFallback>) {
    deployer_.skip_number(command.generation);
    releases_.add(command.generation, std::move(*setup_.fallback));
    chronicle_.tell(command, releases_.at(command.generation));
  } else if constexpr (std::is_same_v<Command, StartVerification>) {
    verification_.start(command.generation, releases_.at(command.generation));
  } else if constexpr (std::is_same_v<Command, CancelVerification>) {
    verification_.cancel();
  } else if constexpr (std::is_same_v<Command, StartWatch>) {
    watch_.start(command.green, command.blue);
  } else if constexpr (std::is_same_v<Command, StopWatch>) {
    watch_.stop();
  } else if constexpr (std::is_same_v<Command, ExitMaster>) {
    exit_code_ = command.code;
  } else {
    if constexpr (std::is_same_v<Command, GenerationLive>) {
      releases_.adjust_sockets(command.generation);
      notifier_.reload_succeeded();
    } else if constexpr (std::is_same_v<Command, GenerationFailed>) {
      notifier_.reload_failed(command.why);
    }
    // First what is kept of it: who reads the log may rely on that.
    if constexpr (requires { deployer_.tell(command); }) {
      deployer_.tell(command);
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
  if (!upgrade_.child_exited(pid, status) && !inquests_.child_exited(pid, status) &&
      !verification_.child_exited(pid, status) && !admin_.child_exited(pid, status)) {
    children_.child_exited(pid, status);
  }
}

// --- the way in ---

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
