#pragma once

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "support/address.h"
#include "support/eventually.h"
#include "support/process_table.h"
#include "support/temporary_folder.h"

namespace appserver::test {

// How a process ended: exactly one of the two has a value.
struct ExitStatus {
  std::optional<int> code;
  std::optional<int> signal;
};

// A real appserverd in a process group of its own, with its standard error and output in files of a
// temporary folder. Nothing of it outlives this object, whatever the test or the server did: the
// whole group is killed and waited for, also processes whose parent is gone; and the kernel kills
// the master when the test program dies.
//
// States: Running -> Exited (seen by wait_for_exit).
class ServerProcess {
 public:
  // Starts APPSERVERD_BINARY with these arguments, in the test's working directory.
  // Errors: throws std::runtime_error when it cannot be started.
  explicit ServerProcess(std::vector<std::string> arguments);
  ServerProcess(const std::string& program, std::vector<std::string> arguments);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // The master, which is also the number of the process group.
  [[nodiscard]] pid_t pid() const { return pid_; }

  // Waits until the log says where the server listens. Ends the test case as failed, with the log,
  // if that does not happen or the server exits before.
  Address wait_until_listening(milliseconds deadline = 20s);
  // Waits until each of the slots 0 to `count` - 1 has one worker and there is no other worker.
  // Returns: these workers by slot.
  std::vector<WorkerEntry> wait_for_workers(std::size_t count, milliseconds deadline = 20s);
  // The same, all of one generation.
  std::vector<WorkerEntry> wait_for_generation(unsigned generation, std::size_t count,
                                               milliseconds deadline = 20s);
  // Waits for `text` to appear in the log.
  void wait_for_log(const std::string& text, milliseconds deadline = 10s);
  // The same. Returns: the whole line.
  std::string wait_for_log_line(const std::string& text, milliseconds deadline = 10s);
  // Waits until the master has ended. Ends the test case as failed if it does not.
  ExitStatus wait_for_exit(milliseconds deadline = 20s);

  // Sends `signal` to the master.
  void send_signal(int signal);

  // What was written to standard error (the log) and standard output so far.
  [[nodiscard]] std::string log() const;
  [[nodiscard]] std::string output() const;

  // The processes of the server that are alive, by what their titles say they are.
  [[nodiscard]] std::vector<ProcessEntry> processes() const;
  [[nodiscard]] std::vector<WorkerEntry> workers() const { return workers_among(processes()); }
  [[nodiscard]] std::vector<ZygoteEntry> zygotes() const { return zygotes_among(processes()); }

  [[nodiscard]] const TemporaryFolder& folder() const { return folder_; }

 private:
  [[nodiscard]] bool has_exited();
  void kill_all() noexcept;
  void check_for_sanitizer_reports() const;

  TemporaryFolder folder_;
  pid_t pid_ = -1;
  std::optional<ExitStatus> exited_;
};

}  // namespace appserver::test
