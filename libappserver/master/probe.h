#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <sys/types.h>
#include <vector>

#include "base/clock.h"
#include "base/event_loop.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "master/relay.h"

namespace appserver::master {

// A trial run of the program that is to take over: a child that gets copies of all descriptors and
// the written state, reads the configuration, takes everything over as the real one would, says
// whether that went well, and leaves. What is wrong with a program shows here, where it harms
// nobody. [master]
//
// States: fresh -> running -> judged.
class Probe {
 public:
  explicit Probe(EventLoop& loop) : answer_ready_(loop), time_is_up_(loop) {}
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;
  // Kills a running one.
  ~Probe();

  struct Trial {
    const Program& program;
    std::string state;
    std::vector<int> descriptors;  // That the state names.
    Duration patience;
    // Gives up what a child inherits, but for these descriptors.
    std::function<void(std::span<const int> kept_fds)> leave_master;
  };
  // Errors: it could not be started. Requires: fresh.
  [[nodiscard]] Result<Ok> start(const Trial& trial);

  // A child of this process ended. Returns: whether it was the probe, which is judged then.
  [[nodiscard]] bool child_exited(pid_t pid, int wait_status);

  // Nothing before it is judged; then whether the program is fit to take over, or why not.
  [[nodiscard]] const std::optional<Result<Ok>>& verdict() const noexcept { return verdict_; }

 private:
  [[noreturn]] static void run(const Trial& trial, int state, int answer);
  void on_answer(int) noexcept { read_answer(); }
  void read_answer() noexcept;
  void on_time_up() noexcept;
  void kill() const noexcept;
  [[nodiscard]] Result<Ok> judge(int wait_status) const;

  IoWatcher answer_ready_;
  TimerWatcher time_is_up_;
  pid_t pid_ = -1;
  UniqueFd answer_end_;
  std::string answer_;
  Duration patience_{};
  bool timed_out_ = false;
  std::optional<Result<Ok>> verdict_;
};

}  // namespace appserver::master
