#include "app/check.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <string_view>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "app/check_report.h"
#include "app/host_services.h"
#include "app/loaded_app.h"
#include "app/snapshot.h"
#include "app/thread_count.h"
#include "base/after_fork.h"
#include "base/errno_text.h"
#include "base/process_watch.h"
#include "base/signal_name.h"
#include "base/signals.h"
#include "base/unique_fd.h"

namespace appserver::app {
namespace {

constexpr int kAppDoesNotLoad = 4;  // docs: exit codes of appserverd

// What the child writes into its pipe: first a letter for each step that it begins, so that a crash
// can be told with its place; then one of the two verdicts, followed by text up to the end.
namespace step {
constexpr char kLoading = 'l';
constexpr char kLoadHook = 'h';
constexpr char kLoads = '+';
constexpr char kRefused = '-';
}  // namespace step

void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) {
      return;
    }
    bytes.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
  }
}

// ---- in the child ----

void load_and_report(const std::string& path, const std::string& server_version, int out) {
  const auto refused = [out](const LoadError& error) {
    write_all(out, std::string(1, step::kRefused) + error.message);
  };
  const auto snapshot = take_snapshot(path);
  if (!snapshot) {
    return refused(snapshot.error());
  }
  std::vector<LoggedLine> log;
  HostServices host(
      server_version,
      [&log](std::int32_t level, std::string_view message) {
        log.push_back({std::string(log_level_name(level)), std::string(message)});
      },
      HostServices::refusing_calls());
  const std::size_t threads_before = thread_count();
  write_all(out, std::string(1, step::kLoading));
  auto app = load_app(*snapshot, host);
  if (!app) {
    return refused(app.error());
  }
  write_all(out, std::string(1, step::kLoadHook));
  if (const auto loaded = app->run_on_load(); !loaded) {
    return refused(loaded.error());
  }
  if (const auto alone = require_no_new_threads(app->path(), threads_before); !alone) {
    return refused(alone.error());
  }
  write_all(out, std::string(1, step::kLoads) + describe(*app, *snapshot, log));
}

[[noreturn]] void run_child(const std::string& path, const std::string& server_version, int out) {
  const std::array kept{out};
  after_fork({.signal_watchers = {}, .loop = nullptr, .close_others = true, .kept_fds = kept});
  // An app that hangs must not survive a caller that was killed.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  try {
    load_and_report(path, server_version, out);
  } catch (const std::exception& exception) {
    write_all(out, std::string(1, step::kRefused) + path + ": " + exception.what());
  }
  // Not exit(): the app's static destructors are nobody's business here, and the caller's buffered
  // output would be written twice.
  ::_exit(0);
}

// ---- in the caller ----

struct Child {
  pid_t pid;
  UniqueFd out;
};

// Reads what there is. Returns false when the pipe has ended.
bool read_some(int fd, std::string& into) {
  std::array<char, 4096> chunk{};
  const ssize_t got = ::read(fd, chunk.data(), chunk.size());
  if (got > 0) {
    into.append(chunk.data(), static_cast<std::size_t>(got));
  }
  return got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN));
}

int remaining_ms(TimePoint deadline) {
  using std::chrono::milliseconds;
  const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now()).count();
  constexpr milliseconds::rep kDay = 86'400'000;
  return static_cast<int>(std::clamp<milliseconds::rep>(left, 0, kDay));
}

// Collects the child's words until it is gone, or the time is over (then: false).
// Both the pipe and the process are watched: a process that the app has started may hold the pipe
// open after the child is gone, and an app that closes every descriptor ends it long before.
bool read_until_gone(const Child& child, TimePoint deadline, std::string& said) {
  const UniqueFd process = watch_process(child.pid);
  std::array<pollfd, 2> watched{{{.fd = child.out.get(), .events = POLLIN, .revents = 0},
                                 {.fd = process.get(), .events = POLLIN, .revents = 0}}};
  pollfd& pipe = watched[0];
  for (;;) {
    const int ready = ::poll(watched.data(), watched.size(), remaining_ms(deadline));
    if (ready == 0) {
      return false;
    }
    if (ready < 0) {
      continue;
    }
    if (pipe.revents == 0) {
      return true;  // It is gone, and the pipe is empty.
    }
    if (!read_some(pipe.fd, said)) {
      pipe.fd = -1;  // poll(2) passes over it and sets its revents to 0.
      if (!process.is_open()) {
        return true;  // Linux before 5.3: the end of the pipe has to do.
      }
    }
  }
}

// Returns the status of waitpid(2).
int reap(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

std::string place_of(char last_step) {
  return last_step == step::kLoadHook ? "in its load hook" : "while it was being loaded";
}

CheckReport refused(std::string text) {
  return {kAppDoesNotLoad, std::move(text) + "\n"};
}

CheckReport report_of_dead(const std::string& path, char last_step, int status) {
  const std::string place = place_of(last_step);
  if (WIFSIGNALED(status)) {
    return refused(path + ": the app crashed " + place + " with " + signal_name(WTERMSIG(status)) +
                   ": for a stack trace run the same command under gdb -ex 'set follow-fork-mode "
                   "child'");
  }
  return refused(path + ": the app ended the process " + place + " with exit status " +
                 std::to_string(WEXITSTATUS(status)) + ": it must not call exit()");
}

std::string seconds_text(Duration time) {
  std::string text = std::to_string(std::chrono::duration<double>(time).count());
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) {
    text.pop_back();
  }
  return text + " s";
}

std::optional<Child> start_child(const std::string& path, const std::string& server_version) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return std::nullopt;
  }
  UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  ::fcntl(read_end.get(), F_SETFL, O_NONBLOCK);
  const SignalsBlocked blocked;
  const pid_t pid = ::fork();
  if (pid < 0) {
    return std::nullopt;
  }
  if (pid == 0) {
    run_child(path, server_version, write_end.get());
  }
  return Child{pid, std::move(read_end)};
}

// What the child's words and its end mean.
struct Outcome {
  char last_step = '\0';
  char verdict = '\0';  // '\0': it ended without one
  std::string text;
};

Outcome read_outcome(const std::string& said) {
  constexpr std::array kVerdicts{step::kLoads, step::kRefused};
  const std::size_t at = said.find_first_of(kVerdicts.data(), 0, kVerdicts.size());
  Outcome outcome;
  if (const std::string steps = said.substr(0, at); !steps.empty()) {
    outcome.last_step = steps.back();
  }
  if (at != std::string::npos) {
    outcome.verdict = said[at];
    outcome.text = said.substr(at + 1);
  }
  return outcome;
}

}  // namespace

CheckReport check_app(const std::string& given_path, Duration timeout,
                      const std::string& server_version) {
  const std::string path = absolute_path(given_path);
  const TimePoint deadline = Clock::now() + timeout;
  const std::optional<Child> child = start_child(path, server_version);
  if (!child) {
    return refused("cannot check " + path + ": cannot start a process: " + errno_text(errno));
  }
  std::string said;
  const bool in_time = read_until_gone(*child, deadline, said);
  if (!in_time) {
    ::kill(child->pid, SIGKILL);
  }
  const int status = reap(child->pid);
  const Outcome outcome = read_outcome(said);
  if (outcome.verdict == step::kRefused) {
    return refused(outcome.text);
  }
  if (!in_time) {
    return refused(path + ": the app did not finish loading within " + seconds_text(timeout) +
                   " (stopped " + place_of(outcome.last_step) +
                   "): find what it waits for, or allow more with --boot-timeout");
  }
  if (outcome.verdict != step::kLoads || status != 0) {
    return report_of_dead(path, outcome.last_step, status);
  }
  return {0, outcome.text};
}

}  // namespace appserver::app
