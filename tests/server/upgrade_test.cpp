// An upgrade in place: another program in the same process, and nobody notices.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <signal.h>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "server/upgradable_server.h"
#include "support/http_client.h"
#include "support/load_client.h"
#include "support/read_file.h"
#include "support/running_server.h"

using namespace appserver::test;

namespace {

constexpr const char* kDone = "the program was upgraded in place";

// "PID TITLE" of all processes of the server.
std::vector<std::string> family(const ServerProcess& process) {
  std::vector<std::string> found;
  for (const ProcessEntry& entry : process.processes()) {
    found.push_back(std::to_string(entry.pid) + " " + entry.title);
  }
  return found;
}

long resident_kilobytes(pid_t pid) {
  const std::string status = read_file("/proc/" + std::to_string(pid) + "/status");
  return std::stol(status.substr(status.find("VmRSS:") + 6));
}

void check_nobody_noticed(const LoadCounts& counts) {
  CAPTURE(counts.text());
  CHECK(counts.sent == counts.answered_in_all());
  CHECK(counts.failed() == 0);
  CHECK(counts.announced_closes == 0);
}

}  // namespace

TEST_CASE("upgrade: the process is the same and runs the new program; names and children stay") {
  const TemporaryFolder outside;
  const auto pid_file = outside / "server.pid";
  UpgradableServer server({"--name", "shop", "--pid", pid_file.string()});
  const auto before = family(server.process);
  const auto program = server.folder / "the new one";
  std::filesystem::copy_file(APPSERVERD_BINARY, program);
  server.install(program);
  server.upgrade();
  const std::string proc = "/proc/" + std::to_string(server.process.pid());
  CHECK(std::filesystem::read_symlink(proc + "/exe") == program);
  CHECK(read_file(proc + "/comm") == "appserverd\n");
  CHECK(family(server.process) == before);
  CHECK(read_file(pid_file) == std::to_string(server.process.pid()) + "\n");
  for (const WorkerEntry& worker : server.process.workers()) {
    CHECK(worker.parent == server.process.pid());
  }
  server.process.send_signal(SIGTERM);
  CHECK(server.process.wait_for_exit().code == 0);
  CHECK_FALSE(std::filesystem::exists(pid_file));
}

TEST_CASE("upgrade: ten times under load, and every request is answered") {
  UpgradableServer server({}, server_app("bodies"));
  HttpClient idle(server.address);
  REQUIRE(idle.get("/large?size=5").body == "LLLLL");
  HttpClient half(server.address);
  half.send("GET /large?size=5 HTTP/1.1\r\nHo");
  LoadClient busy(server.address, "/large?size=100", 16);
  LoadClient streams(server.address, "/pieces?count=3&size=30000", 4);
  busy.wait_for_answers(500);
  for (int i = 0; i < 10; ++i) {
    server.upgrade();
    busy.wait_for_answers(100);
  }
  CHECK(idle.get("/large?size=5").body == "LLLLL");
  half.send("st: a\r\n\r\n");
  CHECK(half.read_response().body == "LLLLL");
  const LoadCounts counts = busy.stop();
  check_nobody_noticed(counts);
  check_nobody_noticed(streams.stop());
  MESSAGE(counts.answered_in_all()
          << " requests during ten upgrades, the slowest took " << counts.max_latency_ms << " ms");
}

TEST_CASE("upgrade: afterwards workers respawn, scale, reload and stop as before") {
  UpgradableServer server;
  LoadClient load(server.address, "/", 8);
  server.upgrade();
  server.process.send_signal(SIGTTIN);
  server.process.wait_for_workers(3);
  server.upgrade();
  REQUIRE(::kill(server.process.workers()[1].pid, SIGTERM) == 0);
  load.wait_for_answers(100);
  server.process.wait_for_workers(3);
  server.process.send_signal(SIGHUP);
  server.process.wait_for_generation(2, 3);
  server.upgrade();
  server.process.send_signal(SIGHUP);
  server.process.wait_for_generation(3, 3);
  server.process.send_signal(SIGTTOU);
  server.process.wait_for_workers(2);
  check_nobody_noticed(load.stop());
  // The zygote that was there before forks on.
  server.upgrade();
  REQUIRE(::kill(server.process.workers()[0].pid, SIGKILL) == 0);
  server.process.wait_for_log("reason=SIGKILL");
  server.process.wait_for_generation(3, 2);
  // The one before is still on standby.
  const auto before = server.process.zygotes();
  REQUIRE(before.size() == 2);
  CHECK(before[0].generation == 2);
  REQUIRE(::kill(before[1].pid, SIGKILL) == 0);
  eventually(10s, "another zygote of the same release", [&] {
    const auto zygotes = server.process.zygotes();
    return zygotes.size() == 2 && zygotes[0].pid == before[0].pid &&
           zygotes[1].pid != before[1].pid && zygotes[1].generation == 3;
  });
  CHECK(get(server.address, "/").status == 200);
  server.process.send_signal(SIGTERM);
  CHECK(server.process.wait_for_exit().code == 0);
  CHECK(server.process.processes().empty());
}

TEST_CASE("upgrade: the files of logs and sockets are those of the running server") {
  const TemporaryFolder folder;
  const auto log = folder / "access log";
  const auto socket = folder / "socket";
  UpgradableServer server({"-b", "unix:" + socket.string(), "--access-logfile", log.string()});
  server.upgrade();
  CHECK(get({.unix_path = socket.string()}, "/").status == 200);
  eventually(5s, "a line in the log", [&] { return std::filesystem::file_size(log) > 0; });
  std::filesystem::rename(log, folder / "old");
  server.process.send_signal(SIGUSR1);
  eventually(5s, "the log is made anew", [&] { return std::filesystem::exists(log); });
  server.process.send_signal(SIGTERM);
  CHECK(server.process.wait_for_exit().code == 0);
  CHECK_FALSE(std::filesystem::exists(socket));
}

TEST_CASE("upgrade: no signal that comes meanwhile is lost") {
  UpgradableServer server;
  for (int i = 0; i < 20; ++i) {
    const std::size_t workers = i % 2 == 0 ? 3 : 2;
    server.process.send_signal(SIGUSR2);
    // Later and later: while the program is probed, replaced, or starts.
    std::this_thread::sleep_for(std::chrono::microseconds(500 * i));
    server.process.send_signal(i % 2 == 0 ? SIGTTIN : SIGTTOU);
    server.process.wait_for_workers(workers);
    server.wait_for_upgrades(i + 1);
  }
  server.process.send_signal(SIGUSR2);
  server.process.send_signal(SIGTERM);
  CHECK(server.process.wait_for_exit().code == 0);
}

TEST_CASE("upgrade: workers that die meanwhile are reaped and replaced") {
  constexpr unsigned kWorkers = 16;
  UpgradableServer server({}, example_app("hello"), kWorkers);
  const auto workers = server.process.workers();
  for (unsigned i = 0; i < kWorkers; ++i) {
    server.process.send_signal(SIGUSR2);
    // Later and later: while the program is probed, replaced, or starts.
    std::this_thread::sleep_for(std::chrono::microseconds(700 * i));
    REQUIRE(::kill(workers[i].pid, SIGKILL) == 0);
    server.wait_for_upgrades(static_cast<int>(i) + 1);
  }
  // A process that was just sent SIGKILL may look alive for a moment: the master says when it is
  // gone.
  eventually(10s, "every death is told",
             [&] { return server.lines_with("reason=SIGKILL") == kWorkers; });
  eventually(10s, "all slots have other workers, and there is no zombie", [&] {
    const auto all = processes_in_group(server.process.pid());
    return workers_among(all).size() == kWorkers && all.size() == kWorkers + 2 &&
           std::ranges::none_of(all, [](const auto& one) { return one.state == 'Z'; });
  });
  CHECK(server.lines_with("reason=SIGKILL") == kWorkers);  // Each was told once.
}

TEST_CASE("upgrade: one that is asked for during a reload is done after it") {
  UpgradableServer server;
  server.process.send_signal(SIGHUP);
  server.process.wait_for_log("reloading generation=2");
  server.process.send_signal(SIGUSR2);
  server.wait_for_upgrades(1);
  server.process.wait_for_generation(2, 2);
  const std::string log = server.process.log();
  CHECK(log.find("the generation is live generation=2") < log.find(kDone));
}

TEST_CASE("upgrade: twenty of them leave no descriptor and no memory behind") {
  UpgradableServer server;
  server.upgrade();
  server.upgrade();
  const auto before = descriptors_of(server.process.pid());
  const long memory = resident_kilobytes(server.process.pid());
  const auto workers = server.process.workers();
  const auto of_worker = descriptors_of(workers[0].pid);
  for (int i = 0; i < 20; ++i) {
    server.upgrade();
  }
  CHECK(descriptors_of(server.process.pid()) == before);
  CHECK(descriptors_of(workers[0].pid) == of_worker);
  CHECK(resident_kilobytes(server.process.pid()) < memory + memory / 10);
  // Nothing of the master's is inherited by those that come now, either.
  server.process.send_signal(SIGHUP);
  const auto next = server.process.wait_for_generation(2, 2);
  CHECK(descriptors_of(next[0].pid).size() == of_worker.size());
}
