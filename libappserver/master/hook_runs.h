#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <sys/types.h>

#include "base/clock.h"
#include "base/event_loop.h"
#include "base/privileges.h"
#include "base/unique_fd.h"
#include "observe/log.h"

namespace appserver::master {

// A command of the user's, to be told of something.
struct Hook {
  std::string command;  // For /bin/sh.
  Duration timeout;
  Credentials as;  // Whom it runs as.
};

// Runs the user's commands beside the master, which waits for none of them. [master]
//
// Each is a process group of its own, with what it is told as standard input, in a file that is in
// memory: nobody waits for a pipe. It inherits nothing else, and no signal that the master ignores.
// What it prints is shown in the log when it fails. One that takes too long is killed with all of
// its group.
class HookRuns {
 public:
  // Both outlive it.
  HookRuns(EventLoop& loop, observe::Log& log);
  HookRuns(const HookRuns&) = delete;
  HookRuns& operator=(const HookRuns&) = delete;
  // Leaves those that run alone: the news that the server stopped does not make theirs old. Their
  // shells end by themselves a little after their time is up.
  ~HookRuns();

  // Starts `hook` with `input`. Errors: are told in the log; when kMost run already, this one is
  // left out, and counted there.
  void start(const Hook& hook, std::string_view input);

  // A child ended. Returns: whether it was one of these.
  bool child_exited(pid_t pid, int wait_status);

 private:
  static constexpr std::size_t kMost = 4;

  class Run;

  Result<pid_t> launch(const Hook& hook, std::string_view input, int output) const;

  EventLoop& loop_;
  observe::Log& log_;
  std::map<pid_t, std::unique_ptr<Run>> runs_;
  std::size_t left_out_ = 0;  // Since the last one that could be started.
};

}  // namespace appserver::master
