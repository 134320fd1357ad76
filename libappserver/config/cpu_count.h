#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace appserver::config {

// More worker processes than this are a slip of the keyboard.
inline constexpr int kMostWorkers = 1024;

// How many CPUs a cgroup v2 file cpu.max grants ("QUOTA PERIOD" or "max PERIOD", in microseconds),
// rounded up: 1.5 CPUs keep two workers busy. Kernel: Documentation/admin-guide/cgroup-v2.rst.
// Returns: nullopt without a quota or for any other text; else at least 1. [any] Pure.
[[nodiscard]] std::optional<int> cpus_of_cpu_max(std::string_view cpu_max);

// The same for cgroup v1's cpu.cfs_quota_us (-1 is no quota) and cpu.cfs_period_us.
[[nodiscard]] std::optional<int> cpus_of_cfs(std::string_view quota_us, std::string_view period_us);

// The content of a file, or nullopt if it cannot be read.
using ReadFile = std::function<std::optional<std::string>(const std::string& path)>;

// The smallest CPU quota of this process's cgroup and the groups around it: a quota anywhere above
// holds for all below. Cgroup v2 and v1, mounted below /sys/fs/cgroup.
// `proc_self_cgroup` is the text of /proc/self/cgroup (cgroups(7)).
// Returns: nullopt if there is no quota. [any] As pure as `read`.
[[nodiscard]] std::optional<int> cgroup_cpus(std::string_view proc_self_cgroup,
                                             const ReadFile& read);

// The default number of workers: the cgroup's CPU quota, else the cores this process may run on;
// with both, the smaller. [any] Reads /proc and /sys.
// Returns: from 1 to 1024.
[[nodiscard]] int default_workers();

}  // namespace appserver::config
