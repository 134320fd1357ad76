#include "master/children.h"

#include <cerrno>
#include <cstdlib>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "base/errno_text.h"
#include "base/signals.h"
#include "ipc/timeout_signal.h"

namespace appserver::master {
namespace {

supervision::ExitReason reason_of(int wait_status) {
  if (WIFSIGNALED(wait_status)) {
    return {supervision::ExitReason::Kind::Signalled, WTERMSIG(wait_status)};
  }
  return {supervision::ExitReason::Kind::Exited, WEXITSTATUS(wait_status)};
}

}  // namespace

Children::Zygote::Zygote(Children& children_of, std::uint32_t number, pid_t process,
                         ipc::Channel end)
    : children(children_of),
      generation(number),
      pid(process),
      channel(std::move(end)),
      watcher(children_of.surroundings_.loop) {
  channel.set_non_blocking();
  watcher.start<&Zygote::on_message>(this, channel.fd(), IoWatcher::kReadable);
}

Children::Worker::Worker(Children& children_of, pid_t process, std::uint32_t entry,
                         ipc::Channel end)
    : children(children_of),
      pid(process),
      score(entry),
      channel(std::move(end)),
      watcher(children_of.surroundings_.loop) {
  channel.set_non_blocking();
  watcher.start<&Worker::on_message>(this, channel.fd(), IoWatcher::kReadable);
}

// --- zygotes ---

void Children::boot_zygote(std::uint32_t generation, const Release& release) {
  const auto give_up = [&](const std::string& why) {
    surroundings_.report(
        supervision::ZygoteFailed{generation, supervision::BootFault::WorkerFailedToBoot, why});
    surroundings_.report(
        supervision::ZygoteExited{generation, {supervision::ExitReason::Kind::Exited, 1}});
  };
  auto pair = ipc::Channel::make_pair();
  if (!pair) {
    give_up(pair.error().message);
    return;
  }
  std::vector<int> kept_fds = descriptors_of(release);
  kept_fds.push_back(pair->theirs.fd());
  kept_fds.insert(kept_fds.end(), release.listener_fds.begin(), release.listener_fds.end());
  const SignalsBlocked blocked;
  const pid_t pid = ::fork();
  if (pid == 0) {
    surroundings_.leave_master(kept_fds);
    std::exit(surroundings_.zygote({generation, release, std::move(pair->theirs)}));
  }
  if (pid < 0) {
    give_up("the master cannot fork: " + errno_text(errno));
    return;
  }
  zygotes_.try_emplace(generation, *this, generation, pid, std::move(pair->ours));
}

void Children::retire_zygote(std::uint32_t generation) {
  if (const auto found = zygotes_.find(generation); found != zygotes_.end()) {
    // A zygote that cannot be told is dead or stuck: its exit or its deadline comes.
    static_cast<void>(found->second.channel.send(ipc::Retire{}));
  }
}

void Children::kill_zygote(std::uint32_t generation) {
  if (const auto found = zygotes_.find(generation); found != zygotes_.end()) {
    ::kill(found->second.pid, SIGKILL);
  }
}

// Returns: whether the child has closed its end; what it had said before is taken in any case.
template <typename Child>
bool Children::read_all(Child& child) {
  // A report can lead to anything but the child's own end: only child_exited() erases it.
  while (true) {
    const auto received = child.channel.receive();
    if (received) {
      take_message(child, received->message);
    } else if (received.error() != ipc::NothingReceived::NotUnderstood) {
      return received.error() == ipc::NothingReceived::PeerGone;
    }
  }
}

void Children::read_zygote(Zygote& zygote) noexcept {
  if (read_all(zygote)) {
    // Its exit follows and is what counts; no fork it had been asked for will be answered any more.
    zygote.watcher.stop();
    fail_forks_of(zygote.generation, "the zygote ended before it could fork the worker");
  }
}

void Children::take_message(Zygote& zygote, const ipc::Message& message) {
  if (const auto* loaded = std::get_if<ipc::AppLoaded>(&message)) {
    if (!loaded->name.empty()) {  // Not of several, or with --lazy.
      surroundings_.describe(zygote.generation, {0, loaded->name, loaded->version});
    }
    surroundings_.report(supervision::ZygoteReady{zygote.generation});
  } else if (const auto* described = std::get_if<ipc::AppDescribed>(&message)) {
    surroundings_.describe(zygote.generation, *described);
  } else if (const auto* failed = std::get_if<ipc::AppFailed>(&message)) {
    surroundings_.report(supervision::ZygoteFailed{
        zygote.generation, supervision::BootFault::AppFailedToLoad, failed->why});
  } else if (const auto* forked = std::get_if<ipc::WorkerForked>(&message)) {
    worker_forked(zygote, *forked);
  } else if (const auto* not_forked = std::get_if<ipc::WorkerForkFailed>(&message)) {
    fork_failed(not_forked->score, not_forked->why);
  }
}

bool Children::name_frames(std::uint32_t generation, const ipc::NameFrames& order,
                           ipc::Channel answers) {
  const auto found = zygotes_.find(generation);
  const int theirs = answers.fd();
  return found != zygotes_.end() && found->second.channel.send(order, {&theirs, 1}).has_value();
}

// --- workers ---

void Children::fork_worker(std::uint32_t slot, std::uint32_t generation) {
  ask_for_worker(slot, generation, std::nullopt);
}

void Children::fork_unlisted_worker(std::uint32_t generation, int listener) {
  ask_for_worker(kUnlistedSlot, generation, listener);
}

void Children::ask_for_worker(std::uint32_t slot, std::uint32_t generation,
                              std::optional<int> listener) {
  const auto give_up = [&](const std::string& why) {
    surroundings_.report(supervision::WorkerForkFailed{slot, generation, why});
  };
  const auto zygote = zygotes_.find(generation);
  if (zygote == zygotes_.end()) {
    give_up("the zygote is gone");
    return;
  }
  const auto score = surroundings_.scoreboard.claim(slot, generation);
  if (!score) {
    give_up("the scoreboard is full: too many workers are still draining");
    return;
  }
  auto pair = ipc::Channel::make_pair();
  std::vector<int> fds{pair ? pair->theirs.fd() : -1};
  if (listener) {
    fds.push_back(*listener);
  }
  // Apps count on small numbers, and every slot has two workers now and then.
  const std::uint32_t told_slot = slot == kUnlistedSlot ? 0 : slot;
  const auto sent =
      pair ? zygote->second.channel.send(ipc::ForkWorker{told_slot, generation, *score}, fds)
           : Result<Ok>(failure(pair.error()));
  if (!sent) {
    surroundings_.scoreboard[*score].clear();
    give_up(sent.error().message);
    return;
  }
  pending_.try_emplace(*score, PendingFork{slot, generation, std::move(pair->ours)});
}

void Children::worker_forked(const Zygote& zygote, const ipc::WorkerForked& forked) {
  const auto pending = pending_.find(forked.score);
  if (pending == pending_.end() || pending->second.generation != zygote.generation ||
      !is_our_child(forked.pid)) {
    return;  // The zygote runs app code: a pid that is not our child would get somebody else
             // killed.
  }
  const PendingFork& fork = pending->second;
  const supervision::WorkerForked event{fork.slot, fork.generation, forked.pid};
  workers_.try_emplace(forked.pid, *this, forked.pid, forked.score,
                       std::move(pending->second.channel));
  pending_.erase(pending);
  const auto early_exit = early_exits_.extract(forked.pid);
  if (pending_.empty()) {
    early_exits_.clear();  // What is left were strangers.
  }
  surroundings_.report(event);
  if (!early_exit.empty()) {
    // The kernel told of its end before the zygote told of its birth: now its life is told in
    // order.
    worker_exited(forked.pid, early_exit.mapped());
  }
}

void Children::fork_failed(std::uint32_t score, const std::string& why) {
  const auto pending = pending_.find(score);
  if (pending == pending_.end()) {
    return;
  }
  const supervision::WorkerForkFailed event{pending->second.slot, pending->second.generation, why};
  pending_.erase(pending);
  surroundings_.scoreboard[score].clear();
  surroundings_.report(event);
}

void Children::fail_forks_of(std::uint32_t generation, const std::string& why) {
  std::vector<std::uint32_t> scores;
  for (const auto& [score, fork] : pending_) {
    if (fork.generation == generation) {
      scores.push_back(score);
    }
  }
  for (const std::uint32_t score : scores) {
    fork_failed(score, why);
  }
}

// Whether the process exists and is a child of this one, or was until a moment ago.
bool Children::is_our_child(pid_t pid) const {
  siginfo_t info{};
  return pid > 1 && !workers_.contains(pid) &&
         (early_exits_.contains(pid) ||
          ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0);
}

void Children::drain_worker(pid_t pid, bool hand_over) {
  if (const auto found = workers_.find(pid); found != workers_.end()) {
    static_cast<void>(found->second.channel.send(ipc::Drain{hand_over}));
  }
}

void Children::stop_worker(pid_t pid) {
  if (const auto found = workers_.find(pid); found != workers_.end()) {
    // One whose WorkerReady is on its way has perhaps accepted clients in these milliseconds: it
    // shall answer them. One that has none leaves at once either way.
    const ipc::Message message =
        found->second.said_ready ? ipc::Message{ipc::Stop{}} : ipc::Message{ipc::Drain{true}};
    static_cast<void>(found->second.channel.send(message));
  }
}

void Children::time_out_worker(pid_t pid) {
  if (workers_.contains(pid)) {
    ::kill(pid, ipc::timeout_signal());
  }
}

void Children::kill_worker(pid_t pid) {
  if (workers_.contains(pid)) {
    ::kill(pid, SIGKILL);
  }
}

WorkerActivity Children::activity_of(pid_t pid) const {
  const auto found = workers_.find(pid);
  if (found == workers_.end()) {
    return {};
  }
  const ipc::ScoreboardEntry& entry = surroundings_.scoreboard[found->second.score];
  return {entry.connections(), entry.current_exchange()};
}

void Children::read_worker(Worker& worker) noexcept {
  if (read_all(worker)) {
    worker.watcher.stop();  // Its exit follows.
  }
}

void Children::take_message(Worker& worker, const ipc::Message& message) {
  if (std::holds_alternative<ipc::WorkerReady>(message)) {
    worker.said_ready = true;
    surroundings_.report(supervision::WorkerReady{worker.pid});
  } else if (const auto* wanted = std::get_if<ipc::RecycleWanted>(&message)) {
    surroundings_.report(supervision::RecycleRequested{worker.pid, wanted->why});
  } else if (const auto* held = std::get_if<ipc::LoopHeld>(&message)) {
    loop_held(worker, std::chrono::milliseconds{held->milliseconds});
  } else if (const auto* failed = std::get_if<ipc::WorkerFailed>(&message)) {
    surroundings_.report(supervision::WorkerFailedToBoot{
        worker.pid, supervision::BootFault::WorkerFailedToBoot, failed->why});
  } else if (const auto* not_loaded = std::get_if<ipc::AppFailed>(&message)) {
    surroundings_.report(supervision::WorkerFailedToBoot{
        worker.pid, supervision::BootFault::AppFailedToLoad, not_loaded->why});
  }
}

void Children::loop_held(const Worker& worker, std::chrono::milliseconds held) {
  const ipc::ScoreboardEntry& entry = surroundings_.scoreboard[worker.score];
  if (auto where = take_record(worker.score); where && where->event.kind == ipc::EndKind::Held) {
    surroundings_.tell_of_hold({worker.pid, entry.slot(), entry.generation(), held,
                                entry.current_exchange(), std::move(*where)});
  }
}

std::optional<ipc::CrashFacts> Children::take_record(std::uint32_t score) {
  ipc::CrashRecord& record = surroundings_.scoreboard.crash_record(score);
  auto facts = ipc::read(record);
  record.clear();
  return facts;
}

// --- ends ---

void Children::child_exited(pid_t pid, int wait_status) {
  const supervision::ExitReason reason = reason_of(wait_status);
  for (const auto& [generation, zygote] : zygotes_) {
    if (zygote.pid == pid) {
      zygote_exited(generation, reason);
      return;
    }
  }
  worker_exited(pid, reason);
}

void Children::worker_exited(pid_t pid, supervision::ExitReason reason) {
  const auto found = workers_.find(pid);
  if (found != workers_.end()) {
    read_worker(found->second);  // Its last words: why it could not start.
    const std::uint32_t score = found->second.score;
    workers_.erase(found);
    bury(pid, score, reason);
    surroundings_.report(supervision::WorkerExited{pid, reason});
  } else if (!pending_.empty()) {
    early_exits_.emplace(pid, reason);
  }
}

// Passes on what the scoreboard knows of a dead worker, and frees its entry.
void Children::bury(pid_t pid, std::uint32_t score, supervision::ExitReason reason) {
  ipc::ScoreboardEntry& entry = surroundings_.scoreboard[score];
  auto crash = take_record(score);
  if (crash && crash->event.kind == ipc::EndKind::Held) {
    crash.reset();  // What it wrote down was no end.
  }
  WorkerDeath death{pid,
                    entry.slot(),
                    entry.generation(),
                    reason,
                    entry.current_exchange(),
                    entry.deadline() <= Clock::now(),
                    std::move(crash),
                    entry.tally()};
  entry.clear();
  surroundings_.bury(std::move(death));
}

void Children::zygote_exited(std::uint32_t generation, supervision::ExitReason reason) {
  const auto found = zygotes_.find(generation);
  read_zygote(found->second);
  fail_forks_of(generation, "the zygote ended before it could fork the worker");
  zygotes_.erase(generation);
  surroundings_.report(supervision::ZygoteExited{generation, reason});
}

// --- an upgrade in place ---

std::optional<Children::Family> Children::family() const {
  if (!pending_.empty()) {
    return std::nullopt;
  }
  Family family;
  for (const auto& [generation, zygote] : zygotes_) {
    family.zygotes.push_back({generation, zygote.pid, zygote.channel.fd()});
  }
  for (const auto& [pid, worker] : workers_) {
    family.workers.push_back({pid, worker.score, worker.channel.fd(), worker.said_ready});
  }
  return family;
}

void Children::adopt(const Family& family) {
  for (const ZygoteProcess& zygote : family.zygotes) {
    zygotes_.try_emplace(zygote.generation, *this, zygote.generation, zygote.pid,
                         ipc::Channel(UniqueFd(zygote.channel)));
  }
  for (const WorkerProcess& worker : family.workers) {
    const auto [adopted, is_new] = workers_.try_emplace(worker.pid, *this, worker.pid, worker.score,
                                                        ipc::Channel(UniqueFd(worker.channel)));
    adopted->second.said_ready = worker.said_ready;
  }
}

pid_t Children::zygote_pid(std::uint32_t generation) const {
  const auto zygote = zygotes_.find(generation);
  return zygote == zygotes_.end() ? 0 : zygote->second.pid;
}

void Children::tell_all(const ipc::Message& message) {
  for (auto& [generation, zygote] : zygotes_) {
    static_cast<void>(zygote.channel.send(message));
  }
  for (auto& [pid, worker] : workers_) {
    static_cast<void>(worker.channel.send(message));
  }
}

void Children::send_logs(std::span<const UniqueFd> files) {
  std::vector<int> fds;
  for (const UniqueFd& file : files) {
    fds.push_back(file.get());
  }
  for (auto& [generation, zygote] : zygotes_) {
    static_cast<void>(zygote.channel.send(ipc::LogsReopened{}, fds));
  }
  for (auto& [pid, worker] : workers_) {
    static_cast<void>(worker.channel.send(ipc::LogsReopened{}, fds));
  }
}

}  // namespace appserver::master
