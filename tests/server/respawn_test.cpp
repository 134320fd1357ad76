// Processes that die are replaced, and clients hardly notice.
#include <algorithm>
#include <fstream>
#include <signal.h>
#include <string>

#include <doctest/doctest.h>

#include "support/http_client.h"
#include "support/load_client.h"
#include "support/running_server.h"

using namespace appserver::test;

namespace {

// Waits until slot `lost.slot` has another process of the same generation.
WorkerEntry wait_for_successor(const ServerProcess& process, const WorkerEntry& lost,
                               milliseconds deadline) {
  WorkerEntry found;
  eventually(deadline, "a successor on slot " + std::to_string(lost.slot), [&] {
    for (const WorkerEntry& worker : process.workers()) {
      if (worker.slot == lost.slot && worker.pid != lost.pid) {
        found = worker;
        return true;
      }
    }
    return false;
  });
  CHECK(found.generation == lost.generation);
  return found;
}

}  // namespace

TEST_CASE("respawn: a killed worker is replaced within a second on its slot, under load") {
  for (const auto& [signal, name] :
       {std::pair{SIGKILL, "SIGKILL"}, std::pair{SIGSEGV, "SIGSEGV"}}) {
    RunningServer server(example_app("hello"));
    const auto before = server.process.workers();
    LoadClient load(server.address, "/", 8);
    load.wait_for_answers(100);
    REQUIRE(::kill(before[1].pid, signal) == 0);
    const WorkerEntry successor = wait_for_successor(server.process, before[1], 1s);
    CHECK(successor.slot == 1);
    load.wait_for_answers(100);
    const LoadCounts counts = load.stop();
    CAPTURE(counts.text());
    CHECK(counts.refused == 0);
    CHECK(counts.malformed == 0);
    // SIGSEGV looks like a crash of the handler that it interrupts, if there is one: that client is
    // told.
    CHECK(counts.other_statuses.size() <= (signal == SIGSEGV ? 1 : 0));
    CHECK((counts.other_statuses.empty() || counts.other_statuses.contains(500)));
    // After SIGKILL its own connections are lost, each once; those of the other worker live on.
    CHECK(counts.failed() <= 8);
    CHECK(server.process.workers()[0].pid == before[0].pid);
    const std::string line = server.process.wait_for_log_line(name);
    CAPTURE(line);
    CHECK(line.find(" slot=1 ") != std::string::npos);
  }
}

TEST_CASE("respawn: a handler that crashes is named in the log with its request") {
  RunningServer server(server_app("scripted"));
  HttpClient client(server.address);
  client.send("GET /signal/" + std::to_string(SIGFPE) + " HTTP/1.1\r\nHost: test\r\n\r\n");
  client.wait_for_end();
  const std::string line = server.process.wait_for_log_line("SIGFPE");
  CAPTURE(line);
  CHECK(line.find("GET") != std::string::npos);
  CHECK(line.find("/signal/" + std::to_string(SIGFPE)) != std::string::npos);
  server.process.wait_for_workers(2);
  CHECK(get(server.address, "/pid").status == 200);
}

TEST_CASE("respawn: a killed zygote is replaced from the same release, workers go on") {
  RunningServer server(example_app("hello"));
  const auto workers = server.process.workers();
  const auto zygotes = server.process.zygotes();
  REQUIRE(zygotes.size() == 1);
  LoadClient load(server.address, "/", 4);
  load.wait_for_answers(100);
  REQUIRE(::kill(zygotes[0].pid, SIGKILL) == 0);
  eventually(5s, "another zygote", [&] {
    const auto now = server.process.zygotes();
    return now.size() == 1 && now[0].pid != zygotes[0].pid;
  });
  CHECK(server.process.zygotes()[0].generation == zygotes[0].generation);
  load.wait_for_answers(100);
  const LoadCounts counts = load.stop();
  CAPTURE(counts.text());
  CHECK(counts.failed() == 0);
  const auto now = server.process.workers();
  REQUIRE(now.size() == workers.size());
  CHECK(now[0].pid == workers[0].pid);
  CHECK(now[1].pid == workers[1].pid);

  REQUIRE(::kill(workers[0].pid, SIGKILL) == 0);
  wait_for_successor(server.process, workers[0], 5s);
  CHECK(get(server.address, "/").body == "Hello, World!");
}

TEST_CASE("respawn: when the master is killed, everything ends and the port is free") {
  RunningServer server(example_app("hello"));
  HttpClient idle(server.address);
  idle.get("/");
  server.process.send_signal(SIGKILL);
  CHECK(server.process.wait_for_exit().signal == SIGKILL);
  eventually(10s, "no process of the server is left",
             [&] { return server.process.processes().empty(); });
  CHECK_FALSE(accepts_connections(server.address));

  ServerProcess next({"-b", "127.0.0.1:" + std::to_string(server.address.port), "--workers", "1",
                      example_app("hello")});
  CHECK(next.wait_until_listening().port == server.address.port);
  CHECK(get(server.address, "/").status == 200);
}

TEST_CASE("respawn: when the master is killed, a request in progress is still answered") {
  const TemporaryFolder folder;
  const auto started = folder / "started";
  RunningServer server(server_app("scripted"), 1,
                       {"--env", "SCRIPTED_STARTED=" + started.string()});
  HttpClient client(server.address);
  client.send("GET /sleep/500 HTTP/1.1\r\nHost: test\r\n\r\n");
  eventually(5s, "the handler runs", [&] { return std::filesystem::exists(started); });
  server.process.send_signal(SIGKILL);
  CHECK(client.read_response().body == "slept");
}

TEST_CASE("respawn: a slot that cannot start takes no other down, and comes back by itself") {
  const TemporaryFolder folder;
  const auto forbidden = folder / "forbidden";
  RunningServer server(server_app("scripted"), 2,
                       {"--env", "SCRIPTED_FORBID_START=" + forbidden.string()});
  const auto before = server.process.workers();
  LoadClient load(server.address, "/pid", 1);
  load.wait_for_answers(10);
  std::ofstream(forbidden) << "x";
  REQUIRE(::kill(before[1].pid, SIGKILL) == 0);
  server.process.wait_for_log("the database is away");
  load.wait_for_answers(1000);
  CHECK(server.process.workers()[0].pid == before[0].pid);
  std::filesystem::remove(forbidden);
  server.process.wait_for_workers(2, 30s);
  CHECK(load.stop().refused == 0);
}
