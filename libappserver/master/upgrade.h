#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/event_loop.h"
#include "base/result.h"
#include "master/probe.h"
#include "master/relay.h"
#include "master/upgrade_state.h"
#include "observe/log.h"

namespace appserver::master {

// SIGUSR2: another program in this process, while children, connections and requests go on.
//
//   Idle --request()--> Waiting    until the server is at rest
//        --> Probing               the program at the path runs as a child with all we have
//        (probe.h)
//        --> Waiting               it is fit; until the server is at rest again
//        --> (execve)              this process is that program: see Takeover
//
// Whatever goes wrong on the way leads back to Idle, with the reason in the log and nothing
// changed. [master]
class Upgrade {
 public:
  struct Surroundings {
    EventLoop& loop;
    observe::Log& log;
    const Program& program;
    // Whether nothing is under way that could not be passed on.
    std::function<bool()> is_at_rest;
    std::function<bool()> is_stopping;
    // Everything but who this program is. Called at rest only.
    std::function<UpgradeState()> state;
    std::function<Duration()> patience;  // How long a probe may take.
    std::function<void(std::span<const int> kept_fds)> leave_master;
    // It was begun, and will not be.
    std::function<void(const std::string& why)> failed;
  };
  explicit Upgrade(Surroundings surroundings) : surroundings_(std::move(surroundings)) {}
  Upgrade(const Upgrade&) = delete;
  Upgrade& operator=(const Upgrade&) = delete;

  // Errors: why it was not begun; the log has it as well.
  Result<Ok> request();

  // Returns: whether it was the probe that ended.
  [[nodiscard]] bool child_exited(pid_t pid, int wait_status) {
    return probe_ != nullptr && probe_->child_exited(pid, wait_status);
  }

  // Does what has become possible. To be called after each pass of the loop, outside of its
  // callbacks. Does not return when this is the moment of the new program.
  void go_on();

 private:
  enum class Step { Idle, Waiting, Probing };

  void begin_probe();
  void conclude_probe();
  void execute();
  [[nodiscard]] UpgradeState current_state() const;
  void give_up(const std::string& why);
  void wait();

  Surroundings surroundings_;
  Step step_ = Step::Idle;
  bool told_to_wait_ = false;
  std::unique_ptr<Probe> probe_;
  // The file that was found fit.
  struct ProbedFile {
    dev_t device;
    ino_t inode;
    timespec modified;
  };
  [[nodiscard]] std::optional<ProbedFile> look_at_program() const;
  [[nodiscard]] bool is_probed_file() const;
  std::optional<ProbedFile> looked_at_;
  bool fit_ = false;
};

}  // namespace appserver::master
