#include "master/upgrade.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <string_view>
#include <sys/prctl.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "base/errno_text.h"
#include "base/signals.h"
#include "base/version.h"

namespace appserver::master {
namespace {

std::string process_name() {
  std::array<char, 17> name{};
  ::prctl(PR_GET_NAME, name.data());
  return name.data();
}

}  // namespace

Result<Ok> Upgrade::request() {
  observe::Log& log = surroundings_.log;
  const std::string& path = surroundings_.program.path;
  std::string obstacle;
  if (surroundings_.is_stopping()) {
    obstacle = "the server is stopping; it is not upgraded";
  } else if (step_ != Step::Idle) {
    obstacle = "an upgrade is under way already";
  } else if (path.empty()) {
    obstacle = "it is not known how this program was started; use a restart";
  }
  if (!obstacle.empty()) {
    log.warning(obstacle);
    return failure(std::move(obstacle));
  }
  log.info("upgrading the program in place", {{"program", std::string_view(path)}});
  step_ = Step::Waiting;
  told_to_wait_ = false;
  fit_ = false;
  return ok();
}

void Upgrade::go_on() {
  if (step_ == Step::Idle) {
    return;
  }
  if (surroundings_.is_stopping()) {
    give_up("the server is stopping");
  } else if (step_ == Step::Probing) {
    conclude_probe();
  } else if (!surroundings_.is_at_rest()) {
    wait();
  } else if (fit_ && is_probed_file()) {
    execute();
  } else {
    begin_probe();
  }
}

void Upgrade::wait() {
  if (!std::exchange(told_to_wait_, true)) {
    surroundings_.log.info("the upgrade waits until what is under way is over");
  }
}

void Upgrade::begin_probe() {
  looked_at_ = look_at_program();
  const UpgradeState state = current_state();
  probe_ = std::make_unique<Probe>(surroundings_.loop);
  auto started = probe_->start({surroundings_.program, write_state(state), descriptors_of(state),
                                surroundings_.patience(), surroundings_.leave_master});
  if (!started) {
    give_up(started.error().message);
    return;
  }
  step_ = Step::Probing;
}

void Upgrade::conclude_probe() {
  if (!probe_->verdict().has_value()) {
    return;
  }
  const Result<Ok> verdict = *probe_->verdict();
  probe_.reset();
  if (!verdict) {
    give_up(verdict.error().message);
    return;
  }
  fit_ = true;
  step_ = Step::Waiting;
  go_on();
}

// Signals that come from here on wait for the next program: it catches them when it is ready. What
// has come before is worked off first; if that changes anything, the upgrade waits again.
void Upgrade::execute() {
  const SignalsBlocked blocked;
  surroundings_.loop.run_pending();
  if (surroundings_.is_stopping() || !surroundings_.is_at_rest()) {
    return;
  }
  const UpgradeState state = current_state();
  auto state_file = write_state_file(write_state(state));
  // The file of this program, wherever it has gone meanwhile.
  const UniqueFd old_program(::open("/proc/self/exe", O_PATH | O_CLOEXEC));
  if (!state_file || !old_program.is_open()) {
    give_up(state_file ? "cannot open the running program: " + errno_text(errno)
                       : state_file.error().message);
    return;
  }
  std::vector<int> fds = descriptors_of(state);
  fds.insert(fds.end(), {state_file->get(), old_program.get()});
  const ExecImage image(surroundings_.program,
                        {UpgradeOrder::Task::TakeOver, state_file->get(), old_program.get()});
  set_close_on_exec(fds, false);
  const int error = image.execute(surroundings_.program.path.c_str());
  set_close_on_exec(fds, true);
  give_up("cannot execute " + surroundings_.program.path + ": " + errno_text(error));
}

UpgradeState Upgrade::current_state() const {
  UpgradeState state = surroundings_.state();
  state.version = kVersion;
  state.program = surroundings_.program.path;
  state.process_name = process_name();
  state.written_at = Clock::now();
  return state;
}

void Upgrade::give_up(const std::string& why) {
  probe_.reset();
  step_ = Step::Idle;
  surroundings_.log.error(
      "the upgrade failed; the running program goes on",
      {{"program", std::string_view(surroundings_.program.path)}, {"why", std::string_view(why)}});
  surroundings_.failed(why);
}

std::optional<Upgrade::ProbedFile> Upgrade::look_at_program() const {
  struct stat status {};
  if (::stat(surroundings_.program.path.c_str(), &status) != 0) {
    return std::nullopt;
  }
  return ProbedFile{status.st_dev, status.st_ino, status.st_mtim};
}

// Somebody may put yet another file there between the probe and the execution.
bool Upgrade::is_probed_file() const {
  const auto now = look_at_program();
  return now && looked_at_ && now->device == looked_at_->device &&
         now->inode == looked_at_->inode && now->modified.tv_sec == looked_at_->modified.tv_sec &&
         now->modified.tv_nsec == looked_at_->modified.tv_nsec;
}

}  // namespace appserver::master
