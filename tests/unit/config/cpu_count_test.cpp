#include "config/cpu_count.h"

#include <map>

#include <doctest/doctest.h>

using namespace appserver::config;

namespace {

// A file system with just these files.
ReadFile files(std::map<std::string, std::string> contents) {
  return [contents = std::move(contents)](const std::string& path) -> std::optional<std::string> {
    const auto found = contents.find(path);
    return found == contents.end() ? std::nullopt : std::optional(found->second);
  };
}

}  // namespace

TEST_CASE("CPU count: cpu.max is quota over period, rounded up") {
  CHECK(cpus_of_cpu_max("200000 100000\n") == 2);
  CHECK(cpus_of_cpu_max("150000 100000\n") == 2);
  CHECK(cpus_of_cpu_max("1000 100000\n") == 1);
  CHECK(cpus_of_cpu_max("50000 50000") == 1);
}

TEST_CASE("CPU count: cpu.max without a quota or with nonsense gives none") {
  for (const char* const text : {"max 100000\n", "", "\n", "100000\n", "0 100000\n", "100000 0\n",
                                 "-1 100000\n", "x y\n", "100000 100000 1\n"}) {
    CAPTURE(text);
    CHECK_FALSE(cpus_of_cpu_max(text));
  }
}

TEST_CASE("CPU count: a huge quota is bounded") {
  CHECK(cpus_of_cpu_max("9223372036854775807 1") == kMostWorkers);
}

TEST_CASE("CPU count: version 1 has the quota and the period in two files, and -1 for none") {
  CHECK(cpus_of_cfs("250000\n", "100000\n") == 3);
  CHECK_FALSE(cpus_of_cfs("-1\n", "100000\n"));
  CHECK_FALSE(cpus_of_cfs("100000\n", ""));
}

TEST_CASE("CPU count: the quota of the own cgroup counts") {
  const auto read = files({{"/sys/fs/cgroup/app.slice/cpu.max", "300000 100000\n"}});
  CHECK(cgroup_cpus("0::/app.slice\n", read) == 3);
  CHECK_FALSE(cgroup_cpus("0::/other.slice\n", read));
}

TEST_CASE("CPU count: the smallest quota on the way up counts") {
  const auto read = files({{"/sys/fs/cgroup/a/b/c/cpu.max", "max 100000\n"},
                           {"/sys/fs/cgroup/a/b/cpu.max", "200000 100000\n"},
                           {"/sys/fs/cgroup/a/cpu.max", "800000 100000\n"}});
  CHECK(cgroup_cpus("0::/a/b/c\n", read) == 2);
}

TEST_CASE("CPU count: inside a container the mount's root has the quota") {
  CHECK(cgroup_cpus("0::/\n", files({{"/sys/fs/cgroup/cpu.max", "200000 100000\n"}})) == 2);
  // Version 1 without a cgroup namespace: the path is the host's.
  CHECK(cgroup_cpus("4:cpu,cpuacct:/docker/abc\n0::/docker/abc\n",
                    files({{"/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "100000\n"},
                           {"/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"}})) == 1);
}

TEST_CASE("CPU count: version 1 is read below either name of its mount point") {
  CHECK(cgroup_cpus("4:cpuacct,cpu:/app\n",
                    files({{"/sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_quota_us", "400000\n"},
                           {"/sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_period_us", "100000\n"}})) ==
        4);
}

TEST_CASE("CPU count: controllers that only sound like cpu are not taken for it") {
  const auto read = files({{"/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "100000\n"},
                           {"/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"}});
  CHECK_FALSE(cgroup_cpus("3:cpuset:/\n2:cpuacct:/\n", read));
  CHECK(cgroup_cpus("3:cpuset:/\n1:cpu:/\n", read) == 1);
}

TEST_CASE("CPU count: a malformed list of cgroups gives no quota") {
  const auto read = files({{"/sys/fs/cgroup/cpu.max", "200000 100000\n"}});
  for (const char* const text : {"", "\n", ":", "::", "garbage", "1:cpu"}) {
    CAPTURE(text);
    CHECK_FALSE(cgroup_cpus(text, read));
  }
}

TEST_CASE("CPU count: this machine has at least one worker by default") {
  CHECK(default_workers() >= 1);
  CHECK(default_workers() <= kMostWorkers);
}
