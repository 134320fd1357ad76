// The family of processes: names, parents, and what signals to them do.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <signal.h>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/http_client.h"
#include "support/load_client.h"
#include "support/read_file.h"
#include "support/running_server.h"

using namespace appserver::test;

namespace {

std::vector<std::string> titles(const ServerProcess& process) {
  std::vector<std::string> found;
  for (const ProcessEntry& entry : process.processes()) {
    found.push_back(entry.title);
  }
  return found;
}

bool contains(const std::vector<std::string>& titles, const std::string& title) {
  return std::find(titles.begin(), titles.end(), title) != titles.end();
}

// A client whose request keeps the only worker busy for `milliseconds` when the constructor
// returns.
struct BusyServer {
  explicit BusyServer(int milliseconds_busy, std::vector<std::string> extra = {})
      : server(server_app("scripted"), 1, with_env(std::move(extra))), client(server.address) {
    client.send("GET /sleep/" + std::to_string(milliseconds_busy) +
                " HTTP/1.1\r\nHost: test\r\n\r\n");
    eventually(5s, "the handler runs", [this] { return std::filesystem::exists(started); });
  }

  std::vector<std::string> with_env(std::vector<std::string> extra) {
    extra.push_back("--env");
    extra.push_back("SCRIPTED_STARTED=" + started.string());
    return extra;
  }

  TemporaryFolder folder;
  std::filesystem::path started = folder / "started";
  RunningServer server;
  HttpClient client;
};

}  // namespace

TEST_CASE("processes: each one is called by its role in the process list") {
  RunningServer server(example_app("hello"), 2, {"--name", "shop"});
  const auto found = titles(server.process);
  CHECK(found.size() == 4);
  CHECK(contains(found, "appserverd: master shop"));
  CHECK(contains(found, "appserverd: zygote gen 1"));
  CHECK(contains(found, "appserverd: worker 0 gen 1"));
  CHECK(contains(found, "appserverd: worker 1 gen 1"));
}

TEST_CASE("processes: without a name the master is called by its app") {
  RunningServer server(example_app("hello"), 1);
  CHECK(contains(titles(server.process), "appserverd: master hello"));
}

TEST_CASE("processes: workers and zygote are children of the master, and none is a zombie") {
  RunningServer server(example_app("hello"), 8);
  for (const WorkerEntry& worker : server.process.workers()) {
    CHECK(worker.parent == server.process.pid());
  }
  REQUIRE(server.process.zygotes().size() == 1);
  CHECK(server.process.zygotes()[0].parent == server.process.pid());
  REQUIRE(::kill(server.process.workers()[3].pid, SIGKILL) == 0);
  server.process.wait_for_workers(8);
  eventually(5s, "no zombie is left", [&] {
    const auto all = processes_in_group(server.process.pid());
    return std::none_of(all.begin(), all.end(), [](const auto& one) { return one.state == 'Z'; });
  });
}

TEST_CASE("processes: TTIN adds a worker and TTOU removes one, without a failed request") {
  RunningServer server(example_app("hello"), 2);
  LoadClient load(server.address, "/", 8);
  load.wait_for_answers(50);
  server.process.send_signal(SIGTTIN);
  server.process.wait_for_workers(3);
  server.process.send_signal(SIGTTIN);
  server.process.wait_for_workers(4);
  for (std::size_t left = 3; left >= 1; --left) {
    server.process.send_signal(SIGTTOU);
    server.process.wait_for_workers(left);
  }
  load.wait_for_answers(50);
  const LoadCounts counts = load.stop();
  CAPTURE(counts.text());
  CHECK(counts.failed() == 0);
}

TEST_CASE("processes: TTOU never removes the last worker") {
  RunningServer server(example_app("hello"), 1);
  server.process.send_signal(SIGTTOU);
  // Signals that wait at the same time have no order: only then the next one.
  server.process.wait_for_log("one worker is left");
  server.process.send_signal(SIGTTIN);
  server.process.wait_for_workers(2);
  server.process.send_signal(SIGTTOU);
  server.process.wait_for_workers(1);
  CHECK(get(server.address, "/").status == 200);
}

TEST_CASE("processes: TERM stops everything with exit code 0 and frees the port") {
  RunningServer server(example_app("hello"), 2);
  HttpClient idle(server.address);
  idle.get("/");
  server.process.send_signal(SIGTERM);
  CHECK(server.process.wait_for_exit().code == 0);
  CHECK(server.process.processes().empty());
  CHECK_FALSE(accepts_connections(server.address));
  CHECK(idle.wait_for_end() == Ending::Closed);
}

TEST_CASE("processes: TERM lets a request in progress finish") {
  BusyServer busy(700);
  busy.server.process.send_signal(SIGTERM);
  const HttpResponse response = busy.client.read_response();
  CHECK(response.status == 200);
  CHECK(response.body == "slept");
  CHECK(busy.server.process.wait_for_exit().code == 0);
}

TEST_CASE("processes: TERM does not wait longer than the graceful timeout") {
  BusyServer busy(60'000, {"--graceful-timeout", "1"});
  const auto begin = std::chrono::steady_clock::now();
  busy.server.process.send_signal(SIGTERM);
  CHECK(busy.server.process.wait_for_exit().code == 0);
  const auto taken = std::chrono::steady_clock::now() - begin;
  CHECK(taken >= 900ms);
  CHECK(taken < 10s);
  CHECK(busy.server.process.processes().empty());
}

TEST_CASE("processes: INT and QUIT stop quickly, whatever is in progress") {
  for (const int signal : {SIGINT, SIGQUIT}) {
    BusyServer busy(60'000);
    const auto begin = std::chrono::steady_clock::now();
    busy.server.process.send_signal(signal);
    CHECK(busy.server.process.wait_for_exit().code == 0);
    CHECK(std::chrono::steady_clock::now() - begin < 5s);
    CHECK(busy.server.process.processes().empty());
  }
}

TEST_CASE("processes: signals for the master do nothing to a worker or the zygote") {
  RunningServer server(example_app("hello"), 1);
  const pid_t worker = server.process.workers()[0].pid;
  const pid_t zygote = server.process.zygotes()[0].pid;
  for (const int signal : {SIGHUP, SIGUSR1, SIGUSR2}) {
    REQUIRE(::kill(worker, signal) == 0);
    REQUIRE(::kill(zygote, signal) == 0);
    CHECK(get(server.address, "/").status == 200);
  }
  CHECK(server.process.workers()[0].pid == worker);
  CHECK(server.process.zygotes()[0].pid == zygote);
}

TEST_CASE("processes: USR1 continues the logs in new files") {
  const TemporaryFolder folder;
  const auto log = folder / "access.log";
  RunningServer server(example_app("hello"), 2, {"--access-logfile", log.string()});
  CHECK(get(server.address, "/").status == 200);
  eventually(5s, "a line in the first file", [&] { return std::filesystem::file_size(log) > 0; });
  std::filesystem::rename(log, folder / "access.log.1");
  server.process.send_signal(SIGUSR1);
  eventually(5s, "the file is made anew", [&] { return std::filesystem::exists(log); });
  eventually(5s, "a line in the new file", [&] {
    static_cast<void>(get(server.address, "/"));
    return std::filesystem::file_size(log) > 0;
  });
}

TEST_CASE("processes: the pid file names the master and goes with it") {
  const TemporaryFolder folder;
  const auto file = folder / "server.pid";
  RunningServer server(example_app("hello"), 1, {"--pid", file.string()});
  CHECK(read_file(file) == std::to_string(server.process.pid()) + "\n");
  server.process.send_signal(SIGTERM);
  server.process.wait_for_exit();
  CHECK_FALSE(std::filesystem::exists(file));
}
