#include "master/hook_runs.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <boost/process/args.hpp>
#include <boost/process/child.hpp>
#include <boost/process/exe.hpp>
#include <boost/process/extend.hpp>
#include <boost/process/posix.hpp>

#include "base/errno_text.h"
#include "base/signal_name.h"
#include "base/signals.h"

namespace appserver::master {
namespace {

// Of what a hook prints, so much is kept; the rest is read and forgotten.
constexpr std::size_t kMostOutput = 1000;

// The exit status by which a shell tells that it did not find the command, and that it may not run
// it (POSIX, Shell Command Language, 2.8.2).
constexpr int kNotFound = 127;
constexpr int kNotExecutable = 126;

// How much later than by the master a hook is ended by itself.
constexpr std::int64_t kLeewaySeconds = 2;

std::string describe(int wait_status) {
  if (WIFSIGNALED(wait_status)) {
    return "it was ended by " + signal_name(WTERMSIG(wait_status));
  }
  const int status = WEXITSTATUS(wait_status);
  const std::string text = "exit status " + std::to_string(status);
  if (status == kNotFound) {
    return text + ": the shell did not find the command";
  }
  return status == kNotExecutable ? text + ": the shell may not run the command" : text;
}

// A file in memory, to be read from its start.
Result<UniqueFd> file_of(std::string_view content) {
  UniqueFd file(::memfd_create("report", MFD_CLOEXEC));
  if (!file.is_open() ||
      ::write(file.get(), content.data(), content.size()) != static_cast<ssize_t>(content.size()) ||
      ::lseek(file.get(), 0, SEEK_SET) != 0) {
    return failure("no memory for its input: " + errno_text(errno));
  }
  return file;
}

// In the child, before it is the shell. Its standard descriptors are in place.
void become_hook(const Credentials& as, unsigned seconds) noexcept {
  ::setpgid(0, 0);
  reset_signal_dispositions();
  ::alarm(seconds);  // Outlives exec: for when the master is gone by then.
  if (!drop_privileges(as)) {
    ::_exit(kNotExecutable);
  }
  ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  unblock_all_signals();
}

}  // namespace

// One that runs, or has ended while something it started still holds its output.
class HookRuns::Run {
 public:
  Run(EventLoop& loop, observe::Log& log, const Hook& hook, UniqueFd output)
      : log_(log),
        command_(hook.command),
        output_(std::move(output)),
        deadline_(loop),
        readable_(loop) {
    const std::chrono::duration<double> timeout = hook.timeout;
    seconds_ = timeout.count();
    readable_.start<&Run::read>(this, output_.get(), IoWatcher::kReadable);
  }

  void started(pid_t pid) {
    pid_ = pid;
    deadline_.start<&Run::time_is_up>(this, seconds_);
  }

  void ended(int wait_status) {
    read(0);
    const std::string how = describe(wait_status);
    if (is_late_) {
      log_.warning("the command of --on-crash took too long and was killed",
                   {{"command", std::string_view(command_)},
                    {"seconds", seconds_},
                    {"output", std::string_view(text_)}});
    } else if (wait_status != 0) {
      log_.warning("the command of --on-crash failed", {{"command", std::string_view(command_)},
                                                        {"why", std::string_view(how)},
                                                        {"output", std::string_view(text_)}});
    }
  }

  void kill() noexcept { ::kill(-pid_, SIGKILL); }

 private:
  void time_is_up() noexcept {
    is_late_ = true;
    kill();
  }
  void read(int) noexcept {
    std::array<char, 4096> piece;
    const ssize_t size = ::read(output_.get(), piece.data(), piece.size());
    if (size > 0) {
      const std::size_t room = kMostOutput - text_.size();
      text_.append(piece.data(), std::min(room, static_cast<std::size_t>(size)));
    } else if (size == 0) {
      readable_.stop();
    }
  }

  observe::Log& log_;
  const std::string command_;
  UniqueFd output_;
  std::string text_;
  TimerWatcher deadline_;
  IoWatcher readable_;
  double seconds_ = 0;
  pid_t pid_ = 0;
  bool is_late_ = false;
};

HookRuns::HookRuns(EventLoop& loop, observe::Log& log) : loop_(loop), log_(log) {}

HookRuns::~HookRuns() = default;

void HookRuns::start(const Hook& hook, std::string_view input) {
  if (runs_.size() >= kMost) {
    ++left_out_;
    log_.warning("too many commands of --on-crash run already; it is not run for this report",
                 {{"running", runs_.size()}, {"left_out", left_out_}});
    return;
  }
  left_out_ = 0;
  std::array<int, 2> ends{};
  const bool has_pipe = ::pipe2(ends.data(), O_CLOEXEC) == 0;
  UniqueFd ours(has_pipe ? ends[0] : -1);
  const UniqueFd theirs(has_pipe ? ends[1] : -1);
  auto pid = has_pipe ? launch(hook, input, theirs.get())
                      : Result<pid_t>(failure("no pipe for its output: " + errno_text(errno)));
  if (!pid) {
    log_.warning("the command of --on-crash cannot be run",
                 {{"command", std::string_view(hook.command)},
                  {"why", std::string_view(pid.error().message)}});
    return;
  }
  ::fcntl(ours.get(), F_SETFL, O_NONBLOCK);
  auto run = std::make_unique<Run>(loop_, log_, hook, std::move(ours));
  run->started(*pid);
  runs_.emplace(*pid, std::move(run));
}

Result<pid_t> HookRuns::launch(const Hook& hook, std::string_view input, int output) const {
  namespace bp = boost::process;
  const auto file = file_of(input);
  if (!file) {
    return failure(file.error());
  }
  const auto seconds = static_cast<unsigned>(
      std::chrono::ceil<std::chrono::seconds>(hook.timeout).count() + kLeewaySeconds);
  std::error_code error;
  // No handler of the master's may run in the child, which shares the pipe behind them.
  const SignalsBlocked blocked;
  bp::child shell(
      bp::exe = "/bin/sh", bp::args = {"-c", hook.command},
      bp::posix::fd.bind(STDIN_FILENO, file->get()), bp::posix::fd.bind(STDOUT_FILENO, output),
      bp::posix::fd.bind(STDERR_FILENO, output),
      bp::extend::on_exec_setup = [&hook, seconds](auto&) { become_hook(hook.as, seconds); },
      error);
  const pid_t pid = shell.id();
  shell.detach();  // The master's loop reaps it.
  if (error) {
    return failure(error.message());
  }
  return pid;
}

bool HookRuns::child_exited(pid_t pid, int wait_status) {
  const auto found = runs_.find(pid);
  if (found == runs_.end()) {
    return false;
  }
  found->second->ended(wait_status);
  runs_.erase(found);
  return true;
}

}  // namespace appserver::master
