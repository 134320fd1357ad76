#include <chrono>
#include <signal.h>
#include <string_view>
#include <utility>
#include <vector>

#include "base/after_fork.h"
#include "master/master_process.h"
#include "master/policy.h"

// What signals do to the master, and its way from one program to the next.
namespace appserver::master {

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
      static_cast<void>(reopen_logs());
      break;
    default:
      static_cast<void>(upgrade_.request());
  }
}

void Master::on_bell(int) noexcept {
  const unsigned wishes = setup_.host_program->bell.answer();
  if ((wishes & Wish::kReload) != 0) {
    reload();
  }
  if ((wishes & (Wish::kStop | Wish::kQuickStop)) != 0) {
    const bool graceful = (wishes & Wish::kQuickStop) == 0;
    setup_.log.info(graceful ? "stopping gracefully" : "stopping quickly");
    stop(graceful);
  }
}

void Master::reload() {
  if (!deployer_.reload()) {
    settle();
  }
}

void Master::stop(bool graceful) {
  setup_.scoreboard.announce_stop();  // Seen by probes, also while the stop itself is delayed.
  report(supervision::StopRequested{graceful});
}

// The options of the newest release: the server as a whole follows them at once.
void Master::follow(const config::Options& options) {
  setup_.log.set_level(options.log_level);
  supervisor_.change_policy(policy_of(options));
  inquests_.change_options();
  if (std::exchange(configured_workers_, options.workers) != options.workers) {
    report(supervision::ScaleRequested{static_cast<unsigned>(options.workers)});
  }
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

Result<Ok> Master::reopen_logs() {
  const auto files = setup_.log_files.open_again();
  if (!files) {
    setup_.log.error("cannot reopen the logs; writing to the old files",
                     {{"why", std::string_view(files.error().message)}});
    return failure(Error(files.error()));
  }
  setup_.log_files.take_over(*files);
  children_.send_logs(*files);
  setup_.log.info("reopened the logs");
  return ok();
}

// --- an upgrade in place ---

bool Master::is_at_rest() const {
  return supervisor_.is_at_rest() && events_.empty() && listening_.is_at_rest() &&
         verification_.is_idle() && children_.family().has_value() && inquests_.is_at_rest() &&
         control_.is_at_rest();
}

UpgradeState Master::state() const {
  UpgradeState state;
  state.shared = setup_.shared_state();
  state.family.options = deployer_.options();
  for (const auto& [mount, path] : deployer_.deployed_apps()) {
    state.family.deployed_apps.push_back({mount, path});
  }
  state.family.releases = releases_.states();
  if (auto family = children_.family()) {
    state.family.zygotes = std::move(family->zygotes);
    state.family.workers = std::move(family->workers);
  }
  state.family.tried_builds = builds_.tried();
  state.family.ledger = supervisor_.copy();
  state.family.started_at =
      std::chrono::duration_cast<std::chrono::milliseconds>(started_at_.time_since_epoch()).count();
  admin_.pass_on(state.shared, state.family);
  if (state.family.admin) {
    state.family.admin->upgrade_command = control_.upgrade_command();
  }
  return state;
}

void Master::succeed(const Succession& succession) {
  const FamilyState& family = succession.family;
  for (const ReleaseState& release : family.releases) {
    Release adopted = adopt(release);
    adopted.listener_fds =
        setup_.listeners.fds();  // At rest, all that are open are the live one's.
    releases_.add(release.generation, std::move(adopted));
  }
  DeployedApps deployed;
  for (const DeployedAppState& each : family.deployed_apps) {
    deployed.emplace(each.mount, each.path);
  }
  deployer_.resume_deployed_apps(std::move(deployed));
  builds_.resume(family.tried_builds);
  children_.adopt({family.zygotes, family.workers});
  ipc::CommandEnded news;
  news.id = family.admin ? family.admin->upgrade_command : 0;
  news.ok = succession.refusal.empty() ? 1 : 0;
  news.outcome = succession.refusal.empty() ? "done" : "failed";
  news.why = succession.refusal;
  admin_.adopt(succession.shared, family, std::move(news));
}

void Master::leave(std::span<const int> kept_fds) noexcept {
  setup_.log.set_witness({});  // What it writes to is closed here, and another one's number soon.
  std::vector<int> kept(kept_fds.begin(), kept_fds.end());
  kept.insert(kept.end(), {setup_.handoff.send_fd(), setup_.handoff.receive_fd()});
  kept.push_back(setup_.log_files.error_log().fd());
  if (const observe::LogFile* access = setup_.log_files.access_log(); access != nullptr) {
    kept.push_back(access->fd());
  }
  if (setup_.host_program != nullptr) {
    const std::vector<int>& fds = setup_.host_program->fds;
    kept.insert(kept.end(), fds.begin(), fds.end());
  }
  std::vector<SignalWatcher*> watchers;
  for (SignalWatcher& watcher : signals_) {
    watchers.push_back(&watcher);
  }
  after_fork({watchers, &loop_, true, kept});
}

}  // namespace appserver::master
