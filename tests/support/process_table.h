#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

// What /proc says about the processes of a server (proc(5)).
namespace appserver::test {

struct ProcessEntry {
  pid_t pid = 0;
  pid_t parent = 0;
  char state = '?';   // 'Z' for a zombie.
  std::string title;  // The command line up to its first NUL; empty for a zombie.
};

struct WorkerEntry {
  pid_t pid = 0;
  pid_t parent = 0;
  unsigned slot = 0;
  unsigned generation = 0;
};

struct ZygoteEntry {
  pid_t pid = 0;
  pid_t parent = 0;
  unsigned generation = 0;
};

// All processes of a process group, zombies too, ordered by pid.
[[nodiscard]] std::vector<ProcessEntry> processes_in_group(pid_t group);

// Those titled "appserverd: worker 3 gen 2", ordered by slot; then generation.
[[nodiscard]] std::vector<WorkerEntry> workers_among(const std::vector<ProcessEntry>& processes);

// Those titled "appserverd: zygote gen 2", ordered by generation.
[[nodiscard]] std::vector<ZygoteEntry> zygotes_among(const std::vector<ProcessEntry>& processes);

}  // namespace appserver::test
