#include "master/probe.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/errno_text.h"
#include "base/signal_name.h"
#include "base/signals.h"

namespace appserver::master {
namespace {

// A reason is a sentence or two; a program that prints without end is not listened to.
constexpr std::size_t kMostAnswer = 4096;
constexpr std::size_t kMostReason = 600;

// One line of what was said, for the log.
std::string told(std::string text) {
  text.erase(std::find_if(text.rbegin(), text.rend(), [](char c) { return c != '\n'; }).base(),
             text.end());
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text.size() > kMostReason ? text.substr(0, kMostReason) + "..." : text;
}

}  // namespace

Probe::~Probe() {
  kill();
}

Result<Ok> Probe::start(const Trial& trial) {
  auto state = write_state_file(trial.state);
  if (!state) {
    return failure(std::move(state.error()));
  }
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
    return failure("cannot make a pipe to the new program: " + errno_text(errno));
  }
  answer_end_.reset(ends[0]);
  const UniqueFd write_end(ends[1]);
  const SignalsBlocked blocked;
  pid_ = ::fork();
  if (pid_ == 0) {
    run(trial, state->get(), write_end.get());
  }
  if (pid_ < 0) {
    return failure("the master cannot fork: " + errno_text(errno));
  }
  // Also here, so that the group exists whoever runs first.
  ::setpgid(pid_, pid_);
  patience_ = trial.patience;
  answer_ready_.start<&Probe::on_answer>(this, answer_end_.get(), IoWatcher::kReadable);
  const std::chrono::duration<double> seconds = patience_;
  time_is_up_.start<&Probe::on_time_up>(this, seconds.count());
  return ok();
}

// In the child.
void Probe::run(const Trial& trial, int state, int answer) {
  std::vector<int> kept = trial.descriptors;
  kept.insert(kept.end(), {state, answer});
  trial.leave_master(kept);
  // A group of its own, which can be killed with all that the program may start, and that dies with
  // the master, whatever happens to that one.
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::fcntl(answer, F_SETFL, 0);
  const UniqueFd nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
  ::dup3(nothing.get(), STDIN_FILENO, 0);
  ::dup3(answer, STDOUT_FILENO, 0);
  ::dup3(answer, STDERR_FILENO, 0);
  set_close_on_exec(trial.descriptors, false);
  set_close_on_exec({&state, 1}, false);
  const ExecImage image(trial.program, {UpgradeOrder::Task::Probe, state, -1});
  const int error = image.execute(trial.program.path.c_str());
  const std::string why = "cannot execute " + trial.program.path + ": " + errno_text(error);
  ::_exit(::write(STDOUT_FILENO, why.data(), why.size()) > 0 ? 127 : 126);
}

void Probe::read_answer() noexcept {
  std::array<char, 1024> bytes;
  while (true) {
    const ssize_t count = ::read(answer_end_.get(), bytes.data(), bytes.size());
    if (count <= 0) {
      if (count == 0) {
        answer_ready_.stop();
      }
      return;
    }
    const std::size_t room = kMostAnswer - answer_.size();
    answer_.append(bytes.data(), std::min(static_cast<std::size_t>(count), room));
  }
}

void Probe::on_time_up() noexcept {
  timed_out_ = true;
  kill();
}

void Probe::kill() const noexcept {
  if (pid_ > 0) {
    ::kill(-pid_, SIGKILL);
  }
}

bool Probe::child_exited(pid_t pid, int wait_status) {
  if (pid_ <= 0 || pid != pid_) {
    return false;
  }
  read_answer();
  // Whatever it started and left behind. The number is nobody else's while the group has members.
  kill();
  pid_ = -1;
  answer_ready_.stop();
  time_is_up_.stop();
  verdict_.emplace(judge(wait_status));
  return true;
}

Result<Ok> Probe::judge(int wait_status) const {
  const bool is_content = WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0;
  if (is_content && answer_.find(kAcceptance) != std::string::npos) {
    return ok();
  }
  const std::string said = answer_.empty() ? "" : "; it said: " + told(answer_);
  if (timed_out_) {
    const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(patience_);
    return failure("the new program gave no answer within boot_timeout, " +
                   std::to_string(waited.count()) + " ms" + said);
  }
  if (WIFSIGNALED(wait_status)) {
    return failure("the new program died of " + std::string(signal_name(WTERMSIG(wait_status))) +
                   said);
  }
  return failure("the new program exited with status " + std::to_string(WEXITSTATUS(wait_status)) +
                 (is_content ? " and does not know how to take over" : "") + said);
}

}  // namespace appserver::master
