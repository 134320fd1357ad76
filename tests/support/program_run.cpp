#include "support/program_run.h"

#include <cstring>
#include <fcntl.h>
#include <optional>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/read_file.h"
#include "support/temporary_folder.h"

namespace appserver::test {
namespace {

// The descriptors 0 to 2 of a program that is to be started (posix_spawn_file_actions_init(3)).
class StandardFiles {
 public:
  StandardFiles(const std::filesystem::path& input, const std::filesystem::path& output,
                const std::filesystem::path& error) {
    constexpr int kCreate = O_WRONLY | O_CREAT | O_TRUNC;
    REQUIRE(::posix_spawn_file_actions_init(&actions_) == 0);
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, input.c_str(), O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, output.c_str(), kCreate, 0600);
    ::posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, error.c_str(), kCreate, 0600);
  }
  ~StandardFiles() { ::posix_spawn_file_actions_destroy(&actions_); }
  StandardFiles(const StandardFiles&) = delete;
  StandardFiles& operator=(const StandardFiles&) = delete;

  [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

// Returns: nothing when the process does not end in time; it was killed then.
std::optional<ExitStatus> end_of(pid_t pid, milliseconds deadline) {
  int status = 0;
  if (!becomes_true(deadline, [&] { return ::waitpid(pid, &status, WNOHANG) == pid; })) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, &status, 0);
    return std::nullopt;
  }
  if (WIFSIGNALED(status)) {
    return ExitStatus{.code = std::nullopt, .signal = WTERMSIG(status)};
  }
  return ExitStatus{.code = WEXITSTATUS(status), .signal = std::nullopt};
}

}  // namespace

ProgramRun run_program(std::string program, std::vector<std::string> arguments,
                       const std::filesystem::path& input, milliseconds deadline) {
  const TemporaryFolder folder;
  const StandardFiles files(input, folder / "stdout", folder / "stderr");
  std::vector<char*> pointers{program.data()};
  for (std::string& argument : arguments) {
    pointers.push_back(argument.data());
  }
  pointers.push_back(nullptr);

  const auto start = std::chrono::steady_clock::now();
  pid_t pid = -1;
  const int failure =
      ::posix_spawnp(&pid, program.c_str(), files.get(), nullptr, pointers.data(), environ);
  if (failure != 0) {
    FAIL("cannot run " << program << ": " << std::strerror(failure)
                       << "; is its package installed (.ci/install-packages test)?");
  }
  const auto status = end_of(pid, deadline);
  ProgramRun run{.status = status.value_or(ExitStatus{}),
                 .output = read_file(folder / "stdout"),
                 .error = read_file(folder / "stderr"),
                 .duration = std::chrono::duration_cast<milliseconds>(
                     std::chrono::steady_clock::now() - start)};
  if (!status) {
    FAIL(program << " did not end within " << deadline.count() << " ms; it said: " << run.error);
  }
  return run;
}

}  // namespace appserver::test
