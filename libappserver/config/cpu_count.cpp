#include "config/cpu_count.h"

#include <algorithm>
#include <array>
#include <sched.h>
#include <unistd.h>

#include "config/text_file.h"
#include "config/units.h"

namespace appserver::config {
namespace {

// Splits the next piece off `text`, up to `separator`, which is dropped.
std::string_view take_until(std::string_view& text, char separator) {
  const std::string_view piece = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(text.size(), piece.size() + 1));
  return piece;
}

std::string_view without_newline(std::string_view text) {
  return text.substr(0, text.find('\n'));
}

std::optional<int> quotient_rounded_up(std::optional<std::int64_t> quota,
                                       std::optional<std::int64_t> period) {
  if (!quota || !period || *quota <= 0 || *period <= 0) {
    return std::nullopt;
  }
  const std::int64_t whole = *quota / *period + (*quota % *period == 0 ? 0 : 1);
  return static_cast<int>(std::min<std::int64_t>(whole, kMostWorkers));
}

// Where this process stands in the cgroup trees; nullopt for a tree that is not there.
struct CgroupPaths {
  std::optional<std::string_view> unified;
  std::optional<std::string_view> cpu_v1;
};

// Lines are "ID:CONTROLLER,...:PATH"; the unified tree alone has ID 0.
CgroupPaths parse_cgroup_paths(std::string_view proc_self_cgroup) {
  CgroupPaths paths;
  while (!proc_self_cgroup.empty()) {
    std::string_view line = take_until(proc_self_cgroup, '\n');
    const std::string_view id = take_until(line, ':');
    std::string_view controllers = take_until(line, ':');
    if (id == "0") {
      paths.unified = line;
    }
    while (!controllers.empty()) {
      if (take_until(controllers, ',') == "cpu") {
        paths.cpu_v1 = line;
      }
    }
  }
  return paths;
}

std::optional<int> smaller(std::optional<int> a, std::optional<int> b) {
  return a && b ? std::min(a, b) : (a ? a : b);
}

// The smallest of what `read_quota` finds in `path` and its ancestors below `root`. The root itself
// is always asked: inside a container without a cgroup namespace `path` is the host's, and only the
// root of the mount is there.
template <typename ReadQuota>
std::optional<int> smallest_upwards(const std::string& root, std::string_view path,
                                    const ReadQuota& read_quota) {
  std::optional<int> smallest;
  while (path.size() > 1) {
    smallest = smaller(smallest, read_quota(root + std::string(path)));
    path = path.substr(0, path.rfind('/'));
  }
  return smaller(smallest, read_quota(root));
}

// The CPUs that the scheduler lets this process use (taskset, cpuset, container).
int usable_cores() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  if (sched_getaffinity(0, sizeof cores, &cores) == 0) {
    return CPU_COUNT(&cores);
  }
  // More cores than the set has bits.
  return static_cast<int>(std::min<long>(sysconf(_SC_NPROCESSORS_ONLN), kMostWorkers));
}

std::optional<std::string> read_if_there(const std::string& path) {
  auto text = read_text_file(path);
  return text ? std::optional(std::move(text).value()) : std::nullopt;
}

}  // namespace

std::optional<int> cpus_of_cpu_max(std::string_view cpu_max) {
  cpu_max = without_newline(cpu_max);
  const auto quota = parse_integer(take_until(cpu_max, ' '));
  return quotient_rounded_up(quota, parse_integer(cpu_max));
}

std::optional<int> cpus_of_cfs(std::string_view quota_us, std::string_view period_us) {
  return quotient_rounded_up(parse_integer(without_newline(quota_us)),
                             parse_integer(without_newline(period_us)));
}

std::optional<int> cgroup_cpus(std::string_view proc_self_cgroup, const ReadFile& read) {
  const CgroupPaths paths = parse_cgroup_paths(proc_self_cgroup);
  std::optional<int> smallest;
  if (paths.unified) {
    smallest =
        smallest_upwards("/sys/fs/cgroup", *paths.unified, [&read](const std::string& group) {
          const auto cpu_max = read(group + "/cpu.max");
          return cpu_max ? cpus_of_cpu_max(*cpu_max) : std::nullopt;
        });
  }
  if (paths.cpu_v1) {
    // The usual mount point and the one without systemd's symbolic links.
    for (const char* const root : {"/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct"}) {
      smallest = smaller(smallest,
                         smallest_upwards(root, *paths.cpu_v1, [&read](const std::string& group) {
                           const auto quota = read(group + "/cpu.cfs_quota_us");
                           const auto period = read(group + "/cpu.cfs_period_us");
                           return quota && period ? cpus_of_cfs(*quota, *period) : std::nullopt;
                         }));
    }
  }
  return smallest;
}

int default_workers() {
  const auto quota = cgroup_cpus(read_if_there("/proc/self/cgroup").value_or(""), read_if_there);
  const int cores = usable_cores();
  return std::clamp(std::min(quota.value_or(cores), cores), 1, kMostWorkers);
}

}  // namespace appserver::config
