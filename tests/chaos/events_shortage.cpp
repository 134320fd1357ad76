// What the machine runs out of: room for logs, descriptors.
#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <signal.h>
#include <string>
#include <unistd.h>
#include <utility>

#include <doctest/doctest.h>

#include "base/unique_fd.h"
#include "chaos/event.h"
#include "chaos/scene.h"
#include "support/eventually.h"
#include "support/program_run.h"

namespace appserver::chaos {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)

// Everything that the server has much to say about.
void give_reason_to_log(Scene& scene) {
  for (int i = 0; i < scene.times(5, 1); ++i) {
    scene.reload();
    scene.crash("segv");
    scene.signal_master(SIGUSR1);
    scene.go_on();
  }
}

ServerPlan logs_on_full_device() {
  return {.options = {"--error-logfile", "/dev/full", "--access-logfile", "/dev/full"},
          .logs_elsewhere = true};
}

// A disk of 64 KiB for the logs, in a mount namespace of the server's own (unshare(1)).
ServerPlan logs_on_small_disk() {
  return {.options = {"--error-logfile", "{folder}/disk/error.log", "--access-logfile",
                      "{folder}/disk/access.log"},
          .launcher = {"/usr/bin/unshare", "--mount", "/bin/sh", "-c",
                       "mkdir -p \"$0\" && mount -t tmpfs -o size=64k tmpfs \"$0\" && exec \"$@\"",
                       "{folder}/disk"},
          .logs_elsewhere = true};
}

bool can_mount() {
  return ::geteuid() == 0 &&
         test::run_program("unshare", {"--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"})
                 .status.code == 0;
}

// Writes to the file until there is no room left.
void fill_disk(const std::filesystem::path& file) {
  const UniqueFd filler(::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  REQUIRE(filler.is_open());
  const std::string block(1024, 'x');
  while (::write(filler.get(), block.data(), block.size()) > 0) {
  }
  REQUIRE(errno == ENOSPC);
}

void fill_disk_of_logs(Scene& scene) {
  // The server's own view of the file system.
  const auto disk = "/proc/" + std::to_string(scene.server().pid()) + "/root" +
                    (scene.folder() / "disk").string();
  fill_disk(disk + "/fill");
  give_reason_to_log(scene);
  std::filesystem::remove(disk + "/fill");
  const auto size = [&] { return std::filesystem::file_size(disk + "/access.log"); };
  std::filesystem::resize_file(disk + "/access.log", 0);
  test::eventually(20s, "requests are logged again", [&] { return size() > 0; });
}

// Far fewer descriptors than clients: those that find none wait in the queue for their turn.
ServerPlan few_descriptors() {
  return {.launcher = {"/usr/bin/prlimit", "--nofile={few}"}, .more_one_shots = 300};
}

void term_without_descriptors(Scene& scene) {
  for (const test::WorkerEntry& worker : scene.server().workers()) {
    scene.signal(worker.pid, SIGTERM);
    scene.wait_until_replaced(worker.pid);
  }
}

}  // namespace

void add_shortages(std::vector<Event>& events) {
  events.push_back({"logs to a full device", give_reason_to_log, {}, logs_on_full_device()});
  if (can_mount()) {
    events.push_back({"the disk of the logs is full", fill_disk_of_logs, {}, logs_on_small_disk()});
  } else {
    MESSAGE("skipped: the disk of the logs is full; mounting a small one needs root");
  }
  events.push_back({"more clients than descriptors",
                    [](Scene& scene) { scene.go_on(500); },
                    {},
                    few_descriptors()});
  events.push_back({"the same: reloads",
                    [](Scene& scene) {
                      for (int i = 0; i < scene.times(5); ++i) {
                        scene.reload();
                        scene.go_on();
                      }
                    },
                    {},
                    few_descriptors()});
  events.push_back(
      {"the same: TERM to each worker", term_without_descriptors, {}, few_descriptors()});
  events.push_back({"the same: crashes",
                    [](Scene& scene) {
                      for (int i = 0; i < scene.times(5); ++i) {
                        scene.crash("segv");
                      }
                    },
                    {},
                    few_descriptors()});
}

}  // namespace appserver::chaos
