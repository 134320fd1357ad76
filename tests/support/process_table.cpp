#include "support/process_table.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <system_error>
#include <tuple>

#include "support/read_file.h"

namespace appserver::test {
namespace {

// Returns: nothing when the process is gone or belongs to another group.
std::optional<ProcessEntry> entry_of(pid_t pid, pid_t group) {
  const std::filesystem::path folder = "/proc/" + std::to_string(pid);
  const std::string stat = read_file(folder / "stat");
  // The second column is the name in parentheses, which may itself hold spaces and parentheses.
  const std::size_t end_of_name = stat.rfind(')');
  if (end_of_name == stat.npos) {
    return std::nullopt;
  }
  ProcessEntry entry{.pid = pid, .title = {}};
  pid_t its_group = 0;
  if (std::sscanf(stat.c_str() + end_of_name + 1, " %c %d %d", &entry.state, &entry.parent,
                  &its_group) != 3 ||
      its_group != group) {
    return std::nullopt;
  }
  entry.title = read_file(folder / "cmdline").c_str();
  return entry;
}

// Whether the whole title was matched: `%n` of a pattern stores where the match ended.
bool is_whole(const std::string& title, int end) {
  return end > 0 && static_cast<std::size_t>(end) == title.size();
}

}  // namespace

std::vector<ProcessEntry> processes_in_group(pid_t group) {
  std::vector<ProcessEntry> found;
  for (const auto& folder : std::filesystem::directory_iterator("/proc")) {
    const std::string name = folder.path().filename();
    pid_t pid = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (parsed.ec != std::errc() || parsed.ptr != name.data() + name.size()) {
      continue;
    }
    if (auto entry = entry_of(pid, group)) {
      found.push_back(std::move(*entry));
    }
  }
  std::sort(found.begin(), found.end(),
            [](const auto& left, const auto& right) { return left.pid < right.pid; });
  return found;
}

std::vector<WorkerEntry> workers_among(const std::vector<ProcessEntry>& processes) {
  std::vector<WorkerEntry> workers;
  for (const ProcessEntry& process : processes) {
    WorkerEntry worker{.pid = process.pid, .parent = process.parent};
    int end = 0;
    std::sscanf(process.title.c_str(), "appserverd: worker %u gen %u%n", &worker.slot,
                &worker.generation, &end);
    if (is_whole(process.title, end)) {
      workers.push_back(worker);
    }
  }
  std::sort(workers.begin(), workers.end(), [](const auto& left, const auto& right) {
    return std::tie(left.slot, left.generation) < std::tie(right.slot, right.generation);
  });
  return workers;
}

std::vector<ZygoteEntry> zygotes_among(const std::vector<ProcessEntry>& processes) {
  std::vector<ZygoteEntry> zygotes;
  for (const ProcessEntry& process : processes) {
    ZygoteEntry zygote{.pid = process.pid, .parent = process.parent};
    int end = 0;
    std::sscanf(process.title.c_str(), "appserverd: zygote gen %u%n", &zygote.generation, &end);
    if (is_whole(process.title, end)) {
      zygotes.push_back(zygote);
    }
  }
  std::sort(zygotes.begin(), zygotes.end(),
            [](const auto& left, const auto& right) { return left.generation < right.generation; });
  return zygotes;
}

}  // namespace appserver::test
