#include "master/takeover.h"

#include <chrono>
#include <signal.h>
#include <string_view>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "base/clock.h"
#include "base/signals.h"
#include "base/unique_fd.h"
#include "base/version.h"
#include "supervision/ledger_copy.h"

namespace appserver::master {
namespace {

// Also of one that has ended and was not reaped yet.
bool is_child(pid_t pid) {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

// The state comes with an order to signal these processes.
Result<Ok> check_children(const FamilyState& family) {
  for (const ZygoteProcess& zygote : family.zygotes) {
    if (!is_child(zygote.pid)) {
      return failure("zygote " + std::to_string(zygote.pid) + " is no child of this process");
    }
  }
  for (const WorkerProcess& worker : family.workers) {
    if (!is_child(worker.pid)) {
      return failure("worker " + std::to_string(worker.pid) + " is no child of this process");
    }
  }
  if (family.admin && !is_child(family.admin->pid)) {
    return failure("admin process " + std::to_string(family.admin->pid) +
                   " is no child of this process");
  }
  return ok();
}

Result<Ok> check_ledger(const supervision::LedgerCopy& copy) {
  supervision::Ledger ledger(supervision::Policy{}, 0);
  return supervision::restore(ledger, copy);
}

}  // namespace

Result<UpgradeState> Takeover::read(const UpgradeOrder& order) {
  const auto text = read_state_file(order.state);
  if (!text) {
    return failure(text.error());
  }
  auto state = read_state(*text);
  if (!state) {
    return failure("the state of the running server cannot be read: " + state.error().message);
  }
  auto checked = check_open(descriptors_of(*state));
  if (checked) {
    checked = check_ledger(state->family.ledger);
  }
  if (checked && order.task != UpgradeOrder::Task::Probe) {  // A probe is a sibling of theirs.
    checked = check_children(state->family);
  }
  if (!checked) {
    return failure(std::move(checked.error()));
  }
  return state;
}

Takeover::Takeover(const UpgradeOrder& order, std::vector<std::string> arguments) : order_(order) {
  if (order.task == UpgradeOrder::Task::TakeOver) {
    fallback_ = std::make_unique<Fallback>(Program{"", std::move(arguments)}, order);
  }
}

std::string Takeover::fail(const std::string& why) const {
  return fallback_ == nullptr ? why : why + "; " + fallback_->put_back(why);
}

void Takeover::settle(const UpgradeState& state, observe::Log& log) {
  // A program that is executed by its descriptor is called by that number.
  ::prctl(PR_SET_NAME, state.process_name.c_str());
  set_close_on_exec(descriptors_of(state), true);
  fallback_.reset();
  const UniqueFd state_file(std::exchange(order_.state, -1));
  const UniqueFd old_program(std::exchange(order_.old_program, -1));
  if (order_.task == UpgradeOrder::Task::GoBack) {
    log.error(
        "the upgrade failed; the program before it was put back",
        {{"program", std::string_view(state.program)}, {"why", std::string_view(state.refusal)}});
  } else {
    const auto taken =
        std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - state.written_at);
    log.info(
        "the program was upgraded in place",
        {{"from", std::string_view(state.version)}, {"version", kVersion}, {"ms", taken.count()}});
  }
  unblock_all_signals();
}

}  // namespace appserver::master
