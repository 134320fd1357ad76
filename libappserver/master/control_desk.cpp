#include "master/control_desk.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>
#include <vector>

namespace appserver::master {
namespace {

using ipc::ControlCommand;

constexpr double kTickSeconds = 0.02;
constexpr std::uint32_t kMostWorkers = 1024;

std::string_view name_of(ControlCommand command) {
  switch (command) {
    case ControlCommand::Deploy:
      return "deploy";
    case ControlCommand::Reload:
      return "reload";
    case ControlCommand::Rollback:
      return "rollback";
    case ControlCommand::Scale:
      return "scale";
    case ControlCommand::Recycle:
      return "recycle";
    case ControlCommand::Stop:
      return "stop";
    case ControlCommand::ReopenLogs:
      return "logs reopen";
    case ControlCommand::SetLogLevel:
      return "logs level";
    case ControlCommand::Upgrade:
      return "upgrade";
  }
  return "unknown";
}

std::string who_of(const ipc::CommandGiven& command) {
  return "uid " + std::to_string(command.uid) + " pid " + std::to_string(command.pid);
}

std::int64_t milliseconds_of(Duration time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

// Each slot has a worker that serves, and there are no others.
bool all_serve(const supervision::Supervisor& supervisor, unsigned wanted) {
  const supervision::WorkerTable& workers = supervisor.workers();
  bool serve = workers.slot_count() == wanted && workers.workers().size() == wanted;
  for (supervision::Slot slot = 0; serve && slot < wanted; ++slot) {
    serve = workers.serves(slot);
  }
  return serve;
}

}  // namespace

void ControlDesk::take(const ipc::CommandGiven& command) {
  with_.log.info(
      "a command was given",
      {{"command", name_of(command.command)}, {"uid", command.uid}, {"pid", command.pid}});
  switch (command.command) {
    case ControlCommand::Deploy:
      return deploy(command);
    case ControlCommand::Reload:
      static_cast<void>(with_.deployer.reload(who_of(command), follower_of(command.id)));
      return;
    case ControlCommand::Rollback:
      return with_.deployer.rollback(who_of(command), follower_of(command.id), command.mount);
    case ControlCommand::Scale:
      return scale(command);
    case ControlCommand::Recycle:
      return recycle(command);
    case ControlCommand::Stop:
      stops_.push_back(command.id);
      with_.answer(ipc::CommandProgress{command.id, "stopping"});
      return with_.stop(command.quick == 0);
    case ControlCommand::ReopenLogs:
      if (const auto opened = with_.reopen_logs(); !opened) {
        return refuse(command.id, opened.error().message);
      }
      return done(command.id);
    case ControlCommand::SetLogLevel:
      return set_log_level(command);
    case ControlCommand::Upgrade:
      return upgrade(command);
  }
  refuse(command.id, "this server does not know the command");
}

void ControlDesk::deploy(const ipc::CommandGiven& command) {
  DeployRequest request;
  request.path = command.path;
  request.mount = command.mount;
  if (command.canary >= 0) {
    request.canary = static_cast<unsigned>(std::min<std::int64_t>(command.canary, kMostWorkers));
  }
  if (command.watch_milliseconds >= 0) {
    constexpr std::int64_t kDay = std::int64_t{24} * 60 * 60 * 1000;
    request.watch = std::chrono::milliseconds(std::min(command.watch_milliseconds, kDay));
  }
  request.verify = command.verify != 0;
  request.force = command.force != 0;
  request.supersede = command.supersede != 0;
  request.who = who_of(command);
  with_.deployer.deploy(request, follower_of(command.id));
}

void ControlDesk::scale(const ipc::CommandGiven& command) {
  const std::uint32_t wanted = command.workers;
  if (wanted < 1 || wanted > kMostWorkers) {
    return refuse(command.id, "a server has 1 to 1024 workers");
  }
  if (with_.supervisor.is_stop_requested()) {
    return refuse(command.id, "the server is stopping");
  }
  with_.report(supervision::ScaleRequested{wanted});
  await(command.id, [this, wanted] { return all_serve(with_.supervisor, wanted); });
}

void ControlDesk::recycle(const ipc::CommandGiven& command) {
  if (with_.supervisor.is_stop_requested() || with_.supervisor.is_deploying()) {
    return refuse(command.id, "the server is stopping, or a deploy replaces all workers anyway");
  }
  std::vector<supervision::Pid> old;
  const supervision::WorkerTable& workers = with_.supervisor.workers();
  for (supervision::Slot slot = 0; slot < workers.slot_count(); ++slot) {
    const supervision::Worker* const worker = workers.current(slot);
    if (worker != nullptr && worker->pid) {
      old.push_back(*worker->pid);
    }
  }
  for (const supervision::Pid pid : old) {
    with_.report(supervision::RecycleRequested{pid, who_of(command) + " wants it"});
  }
  await(command.id, [this, old = std::move(old)] {
    for (const auto& [id, worker] : with_.supervisor.workers().workers()) {
      if (worker.pid && std::find(old.begin(), old.end(), *worker.pid) != old.end()) {
        return false;
      }
    }
    return all_serve(with_.supervisor, with_.supervisor.desired().workers);
  });
}

void ControlDesk::set_log_level(const ipc::CommandGiven& command) {
  if (command.level > static_cast<std::uint8_t>(config::LogLevel::Error)) {
    return refuse(command.id, "there is no such level");
  }
  with_.set_log_level(static_cast<config::LogLevel>(command.level));
  done(command.id);
}

void ControlDesk::upgrade(const ipc::CommandGiven& command) {
  if (const auto begun = with_.upgrade(); !begun) {
    return refuse(command.id, begun.error().message);
  }
  upgrade_ = command.id;
  with_.answer(ipc::CommandProgress{command.id, "upgrading"});
}

void ControlDesk::upgrade_failed(const std::string& why) {
  if (const std::uint32_t id = std::exchange(upgrade_, 0); id != 0) {
    fail(id, "failed", why);
  }
}

void ControlDesk::close() {
  for (const Awaited& awaited : awaited_) {
    fail(awaited.id, "cancelled", "the server has stopped");
  }
  upgrade_failed("the server has stopped");
  for (const std::uint32_t id : stops_) {
    done(id);
  }
}

// --- what takes its time ---

void ControlDesk::await(std::uint32_t id, std::function<bool()> is_reached) {
  const config::Options& options = with_.deployer.options();
  const TimePoint now = Clock::now();
  awaited_.push_back(
      {id, now, now + options.boot_timeout + options.graceful_timeout, std::move(is_reached)});
  tick_.start<&ControlDesk::look>(this, kTickSeconds, kTickSeconds);
}

void ControlDesk::look() noexcept {
  const TimePoint now = Clock::now();
  std::erase_if(awaited_, [this, now](const Awaited& awaited) {
    if (awaited.is_reached()) {
      done(awaited.id, now - awaited.since);
      return true;
    }
    if (now < awaited.deadline && !with_.supervisor.is_stop_requested()) {
      return false;
    }
    with_.answer(ipc::CommandEnded{awaited.id, 0, "failed", 0, 0,
                                   "it is not reached yet; see the status and the log",
                                   milliseconds_of(now - awaited.since)});
    return true;
  });
  if (awaited_.empty()) {
    tick_.stop();
  }
}

// --- answers ---

DeployFollower ControlDesk::follower_of(std::uint32_t id) const {
  const auto progress = [this, id](const DeployProgress& news) {
    with_.answer(ipc::CommandProgress{id, std::string(news.what), news.generation,
                                      news.slot ? std::int64_t{*news.slot} : -1});
  };
  const auto ended = [this, id](const DeployResult& result) {
    const bool is_live = result.outcome == supervision::DeployOutcome::Live;
    with_.answer(ipc::CommandEnded{
        id, is_live ? std::uint8_t{1} : std::uint8_t{0},
        result.unchanged ? "unchanged" : std::string(supervision::name_of(result.outcome)),
        result.generation, result.release, result.why, milliseconds_of(result.took)});
  };
  return {progress, ended};
}

void ControlDesk::done(std::uint32_t id, Duration took) {
  with_.answer(ipc::CommandEnded{id, 1, "done", 0, 0, "", milliseconds_of(took)});
}

void ControlDesk::refuse(std::uint32_t id, const std::string& why) {
  fail(id, "refused", why);
}

void ControlDesk::fail(std::uint32_t id, const std::string& outcome, const std::string& why) {
  with_.answer(ipc::CommandEnded{id, 0, outcome, 0, 0, why, 0});
}

}  // namespace appserver::master
