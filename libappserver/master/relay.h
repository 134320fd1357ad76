#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

// The passing of a server from one program to the next in the same process: what the next one is
// told, how, and the execve(2) itself. upgrade.h has the course of events.
namespace appserver::master {

// How the server was started, and so how the next program is.
struct Program {
  std::string path;
  std::vector<std::string> arguments;  // With the program's name in front.
};

// The path by which this program was started, so that what lies there later is the new program: the
// one named by `name` (argv[0]; looked for in PATH when it has no slash), with symbolic links as
// they are. If that is not the file that runs, then the file that runs. [before any chdir(2)]
[[nodiscard]] std::string program_path(const std::string& name);

// What a program is to do instead of starting a server. It is told by a variable of the
// environment, because arguments are the user's. The variable's name begins like those of options,
// so that a version that knows no upgrade calls it unknown and refuses.
struct UpgradeOrder {
  enum class Task {
    Probe,     // Say whether you could take over. You are a child of the master.
    TakeOver,  // You are the master.
    GoBack,    // You are the master again: the new program gave up.
  };
  Task task = Task::Probe;
  int state = -1;        // A descriptor with the written state.
  int old_program = -1;  // With TakeOver: the program to put back. With GoBack: this one.
};

// Reads the order from the environment and removes it there: no other program is meant.
// Returns: nothing when there is none. Errors: a variable that is no order.
[[nodiscard]] Result<std::optional<UpgradeOrder>> take_upgrade_order();

// What a probe that accepts prints, among whatever else.
inline constexpr std::string_view kAcceptance = "takes over from the running server";

// A nameless file in memory with this text, close-on-exec. Errors: no memory, no descriptors.
[[nodiscard]] Result<UniqueFd> write_state_file(std::string_view text);
// Errors: unreadable, or larger than any state.
[[nodiscard]] Result<std::string> read_state_file(int fd);

// Whether the descriptors are open. Errors: which one is not.
[[nodiscard]] Result<Ok> check_open(std::span<const int> fds);

// Whether they survive execve(2).
void set_close_on_exec(std::span<const int> fds, bool close) noexcept;

// The arguments and environment of a program that gets an order.
class ExecImage {
 public:
  ExecImage(const Program& program, const UpgradeOrder& order);
  ExecImage(const ExecImage&) = delete;
  ExecImage& operator=(const ExecImage&) = delete;

  // Both replace the program of this process, and return errno if they could not.
  // Async-signal-safe.
  [[nodiscard]] int execute(const char* path) const noexcept;
  [[nodiscard]] int execute(int program_fd) const noexcept;

 private:
  std::vector<std::string> arguments_;
  std::vector<std::string> environment_;
  std::vector<char*> argument_pointers_;
  std::vector<char*> environment_pointers_;
};

}  // namespace appserver::master
