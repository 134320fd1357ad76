#include "support/server_process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <iostream>
#include <signal.h>
#include <sstream>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/unique_fd.h"
#include "support/read_file.h"

namespace appserver::test {
namespace {

UniqueFd create_file(const std::filesystem::path& path) {
  UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!file.is_open()) {
    throw std::runtime_error("cannot create " + path.string());
  }
  return file;
}

// The child's side between fork and exec: async-signal-safe calls only, as the test program may
// have a thread that makes load.
[[noreturn]] void become(char* const* arguments, char* const* environment, int input, int output,
                         int error, pid_t test_program) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != test_program) {
    ::_exit(127);  // It died before the prctl.
  }
  ::dup2(input, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(error, STDERR_FILENO);
  // What this test program ignores or blocks is not the server's business.
  ::signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(arguments[0], arguments, environment);
  ::_exit(127);
}

ExitStatus status_from(int wait_status) {
  if (WIFSIGNALED(wait_status)) {
    return {.code = std::nullopt, .signal = WTERMSIG(wait_status)};
  }
  return {.code = WEXITSTATUS(wait_status), .signal = std::nullopt};
}

bool fills_all_slots(const std::vector<WorkerEntry>& workers, std::size_t count) {
  if (workers.size() != count) {
    return false;
  }
  for (std::size_t slot = 0; slot < count; ++slot) {
    if (workers[slot].slot != slot) {
      return false;
    }
  }
  return true;
}

}  // namespace

ServerProcess::ServerProcess(std::vector<std::string> arguments)
    : ServerProcess(APPSERVERD_BINARY, std::move(arguments)) {}

ServerProcess::ServerProcess(const std::string& program, std::vector<std::string> arguments) {
  // Processes of the server that lose their parent come to this program, which can then reap them.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  arguments.insert(arguments.begin(), program);
  std::vector<char*> pointers;
  for (std::string& argument : arguments) {
    pointers.push_back(argument.data());
  }
  pointers.push_back(nullptr);
  // Releases are kept where the test's other files are, and servers of the same name do not meet.
  std::string state = "APPSERVERD_STATE_DIR=" + (folder_ / "state").string();
  // Those that are to have one say so: it needs another process.
  std::string control = "APPSERVERD_CONTROL_SOCKET=none";
  std::vector<char*> environment;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    environment.push_back(*variable);
  }
  environment.insert(environment.end(), {state.data(), control.data(), nullptr});

  const UniqueFd input(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const UniqueFd output = create_file(folder_ / "stdout");
  const UniqueFd error = create_file(folder_ / "stderr");
  const pid_t self = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) {
    throw std::runtime_error("cannot fork");
  }
  if (pid_ == 0) {
    become(pointers.data(), environment.data(), input.get(), output.get(), error.get(), self);
  }
  // Also here, so that the group exists whoever runs first.
  ::setpgid(pid_, pid_);
}

ServerProcess::~ServerProcess() {
  kill_all();
  check_for_sanitizer_reports();
  if (FailureListener::current_test_failed() || std::uncaught_exceptions() > 0) {
    std::cerr << "--- the server's log:\n" << log() << "---\n";
  }
}

// In a build with sanitizers a worker that is ended by one is simply replaced: only its report on
// standard error tells.
void ServerProcess::check_for_sanitizer_reports() const {
  const std::string text = log();
  for (const char* report : {"ERROR: AddressSanitizer", "ERROR: LeakSanitizer",
                             "runtime error: ", "WARNING: ThreadSanitizer"}) {
    if (text.find(report) != std::string::npos) {
      FAIL_CHECK("a sanitizer found a mistake in the server; see its log");
    }
  }
}

void ServerProcess::kill_all() noexcept {
  try {
    const bool gone = becomes_true(10s, [this] {
      // Again and again: a process that was just being forked escapes a single kill.
      ::kill(-pid_, SIGKILL);
      while (::waitpid(-pid_, nullptr, WNOHANG) > 0) {
      }
      return processes_in_group(pid_).empty();
    });
    if (!gone) {
      std::cerr << "processes of group " << pid_ << " cannot be killed\n";
    }
  } catch (const std::exception& error) {
    std::cerr << "cannot clean up group " << pid_ << ": " << error.what() << '\n';
  }
}

bool ServerProcess::has_exited() {
  if (exited_) {
    return true;
  }
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) == pid_) {
    exited_ = status_from(status);
  }
  return exited_.has_value();
}

Address ServerProcess::wait_until_listening(milliseconds deadline) {
  std::optional<Address> address;
  const bool listening_or_dead = becomes_true(deadline, [&] {
    address = find_listening_address(log());
    return address.has_value() || has_exited();
  });
  if (!address) {
    FAIL((listening_or_dead ? "the server exited" : "the server does not listen in time")
         << "; its log: " << log());
  }
  return *address;
}

std::vector<WorkerEntry> ServerProcess::wait_for_workers(std::size_t count, milliseconds deadline) {
  std::vector<WorkerEntry> found;
  eventually(deadline, std::to_string(count) + " workers, one for each slot", [&] {
    found = workers();
    return fills_all_slots(found, count);
  });
  return found;
}

std::vector<WorkerEntry> ServerProcess::wait_for_generation(unsigned generation, std::size_t count,
                                                            milliseconds deadline) {
  std::vector<WorkerEntry> found;
  const std::string what = std::to_string(count) + " workers, all of generation ";
  eventually(deadline, what + std::to_string(generation), [&] {
    found = workers();
    return fills_all_slots(found, count) &&
           std::all_of(found.begin(), found.end(),
                       [&](const WorkerEntry& worker) { return worker.generation == generation; });
  });
  return found;
}

void ServerProcess::wait_for_log(const std::string& text, milliseconds deadline) {
  static_cast<void>(wait_for_log_line(text, deadline));
}

std::string ServerProcess::wait_for_log_line(const std::string& text, milliseconds deadline) {
  std::string line;
  eventually(deadline, "the log says \"" + text + "\"", [&] {
    std::istringstream lines(log());
    while (std::getline(lines, line)) {
      // The last line may still be growing.
      if (!lines.eof() && line.find(text) != std::string::npos) {
        return true;
      }
    }
    return false;
  });
  return line;
}

ExitStatus ServerProcess::wait_for_exit(milliseconds deadline) {
  eventually(deadline, "the server exits", [this] { return has_exited(); });
  return *exited_;
}

void ServerProcess::send_signal(int signal) {
  // A reaped pid may already be somebody else's.
  REQUIRE_FALSE(exited_.has_value());
  REQUIRE(::kill(pid_, signal) == 0);
}

std::string ServerProcess::log() const {
  return read_file(folder_ / "stderr");
}
std::string ServerProcess::output() const {
  return read_file(folder_ / "stdout");
}

std::vector<ProcessEntry> ServerProcess::processes() const {
  auto found = processes_in_group(pid_);
  std::erase_if(found, [](const ProcessEntry& process) { return process.state == 'Z'; });
  return found;
}

}  // namespace appserver::test
