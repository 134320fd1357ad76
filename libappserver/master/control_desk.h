#pragma once

#include <functional>
#include <list>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/event_loop.h"
#include "config/options.h"
#include "ipc/messages.h"
#include "master/deployer.h"
#include "observe/log.h"
#include "supervision/supervisor.h"

namespace appserver::master {

// Does what the admin process passes on, and tells it when that is done. The messages come from a
// process that talks to strangers: whatever a field says, the worst that follows is a command that
// its sender was allowed to give. [master]
class ControlDesk {
 public:
  struct Surroundings {
    EventLoop& loop;
    observe::Log& log;
    Deployer& deployer;
    const supervision::Supervisor& supervisor;
    std::function<void(const ipc::Message&)> answer;
    std::function<void(supervision::Event)> report;
    std::function<void(bool graceful)> stop;
    std::function<Result<Ok>()> reopen_logs;
    std::function<void(config::LogLevel)> set_log_level;
    std::function<Result<Ok>()> upgrade;  // Begins it; see upgrade_failed().
  };
  explicit ControlDesk(Surroundings surroundings)
      : with_(std::move(surroundings)), tick_(with_.loop) {}
  ControlDesk(const ControlDesk&) = delete;
  ControlDesk& operator=(const ControlDesk&) = delete;
  ~ControlDesk() = default;

  void take(const ipc::CommandGiven& command);
  // An upgrade that was begun will not be.
  void upgrade_failed(const std::string& why);
  // The server ends: whoever waits for that, or for something else, is told.
  void close();

  // Whether nothing is awaited but an upgrade. Who waits for that one is told by the next program.
  [[nodiscard]] bool is_at_rest() const noexcept { return awaited_.empty() && stops_.empty(); }
  // 0: nobody has asked for one.
  [[nodiscard]] std::uint32_t upgrade_command() const noexcept { return upgrade_; }

 private:
  // A command whose effect takes its time, without a deploy that would tell of it.
  struct Awaited {
    std::uint32_t id;
    TimePoint since;
    TimePoint deadline;
    std::function<bool()> is_reached;
  };

  void deploy(const ipc::CommandGiven& command);
  void scale(const ipc::CommandGiven& command);
  void recycle(const ipc::CommandGiven& command);
  void upgrade(const ipc::CommandGiven& command);
  void fail(std::uint32_t id, const std::string& outcome, const std::string& why);
  void set_log_level(const ipc::CommandGiven& command);
  void await(std::uint32_t id, std::function<bool()> is_reached);
  void look() noexcept;
  [[nodiscard]] DeployFollower follower_of(std::uint32_t id) const;
  void done(std::uint32_t id, Duration took = {});
  void refuse(std::uint32_t id, const std::string& why);

  const Surroundings with_;
  std::list<Awaited> awaited_;
  std::vector<std::uint32_t> stops_;
  std::uint32_t upgrade_ = 0;
  TimerWatcher tick_;
};

}  // namespace appserver::master
