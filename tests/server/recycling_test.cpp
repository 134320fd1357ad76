// Workers that have served long enough are replaced, and no client notices.
#include <algorithm>
#include <filesystem>
#include <set>
#include <signal.h>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/http_client.h"
#include "support/load_client.h"
#include "support/running_server.h"
#include "support/text_search.h"
#include "support/worker_memory.h"

using namespace appserver::test;

namespace {

std::size_t recycled(const RunningServer& server, const std::string& why = "") {
  return why.empty() ? occurrences(server.process.log(), "a worker is recycled")
                     : occurrences(server.process.log(), why);
}

std::set<pid_t> pids(const RunningServer& server) {
  std::set<pid_t> all;
  for (const WorkerEntry& worker : server.process.workers()) {
    all.insert(worker.pid);
  }
  return all;
}

void check_nobody_noticed(const LoadCounts& counts) {
  MESSAGE(counts.text());
  CHECK(counts.failed() == 0);
  CHECK(counts.announced_closes == 0);
  CHECK(counts.sent == counts.answered_in_all());
}

// A slot 1 that cannot get a new worker as long as the file exists.
struct Forbidden {
  TemporaryFolder folder;
  std::filesystem::path file = folder / "forbidden";
  [[nodiscard]] std::vector<std::string> with(std::vector<std::string> options) const {
    options.insert(options.end(), {"--env", "SCRIPTED_FORBID_START=" + file.string()});
    return options;
  }
};

}  // namespace

TEST_CASE("recycling: every 100 requests under load, and every request is answered") {
  RunningServer server(server_app("scripted"), 3, {"--max-requests", "100"});
  LoadClient load(server.address, "/pid", 16);
  eventually(30s, "thirty recycles", [&] { return recycled(server) >= 30; });
  check_nobody_noticed(load.stop());
  server.process.wait_for_workers(3);
  // The worker counts while its substitute is on its way.
  CHECK(occurrences(server.process.log(), " requests served") == recycled(server));
  CHECK(server.process.log().find("died") == std::string::npos);
}

TEST_CASE("recycling: the only worker is replaced beside its keep-alive clients") {
  RunningServer server(server_app("scripted"), 1,
                       {"--max-requests", "5", "--max-requests-jitter", "5"});
  HttpClient client(server.address);
  std::set<std::string> seen;
  eventually(20s, "answers from five workers", [&] {
    const HttpResponse response = client.get("/pid");
    CHECK(response.status == 200);
    CHECK_FALSE(response.announces_close());
    seen.insert(response.body);
    return seen.size() >= 5;
  });
}

TEST_CASE("recycling: probes do not wear a worker out") {
  RunningServer server(server_app("scripted"), 1, {"--max-requests", "5"});
  HttpClient client(server.address);
  for (int i = 0; i < 50; ++i) {
    REQUIRE(client.get("/healthz").status == 200);
  }
  CHECK(recycled(server) == 0);
}

TEST_CASE("recycling: by age, one after the other, under load") {
  RunningServer server(server_app("scripted"), 3, {"--max-lifetime", "1s"});
  const auto first = pids(server);
  LoadClient load(server.address, "/pid", 8);
  eventually(20s, "three workers of another life", [&] {
    const auto now = pids(server);
    return now.size() == 3 &&
           std::none_of(now.begin(), now.end(), [&](pid_t pid) { return first.count(pid) == 1; });
  });
  check_nobody_noticed(load.stop());
  CHECK(recycled(server, "why=\"served for ") >= 3);
}

TEST_CASE("recycling: by memory, when the app leaks") {
  if (!kMemoryTellsSomething) {
    return;
  }
  RunningServer server(server_app("scripted"), 2, {"--max-memory", "24M"});
  LoadClient load(server.address, "/pid", 8);
  HttpClient client(server.address);
  const std::string leaking = client.get("/leak/32").body;
  const std::string line = server.process.wait_for_log_line("MiB of private memory");
  MESSAGE(line);
  CHECK(line.find("worker_pid=" + leaking) != std::string::npos);
  eventually(10s, "it has left", [&] { return pids(server).count(std::stoi(leaking)) == 0; });
  CHECK(recycled(server) == 1);
  check_nobody_noticed(load.stop());
  for (int i = 0; i < 3; ++i) {
    CHECK(client.get("/pid").status == 200);
  }
}

TEST_CASE("recycling: memory that is shared with the zygote does not count, too little warns") {
  if (!kMemoryTellsSomething) {
    return;
  }
  RunningServer server(server_app("scripted"), 1, {"--max-memory", "64K"});
  server.process.wait_for_log("--max-memory has no effect: a worker has more than that");
  CHECK(get(server.address, "/pid").status == 200);
  RunningServer other(server_app("scripted"), 1, {"--max-memory", "8M"});
  CHECK(get(other.address, "/pid").status == 200);
  CHECK(other.process.log().find("no effect") == std::string::npos);
}

TEST_CASE("recycling: a substitute that cannot start leaves the old worker serving") {
  const Forbidden forbidden;
  RunningServer server(server_app("scripted"), 2, forbidden.with({"--max-requests", "50"}));
  const pid_t old = server.process.workers()[1].pid;
  write_over(forbidden.file, "");
  LoadClient load(server.address, "/pid", 8);
  server.process.wait_for_log("the database is away");
  // The other slot goes on being recycled, and this one serves. Clients that connect each time come
  // to both.
  const std::size_t before = recycled(server);
  eventually(20s, "three more recycles", [&] {
    CHECK(get(server.address, "/pid").status == 200);
    return recycled(server) >= before + 3;
  });
  CHECK(pids(server).count(old) == 1);
  std::filesystem::remove(forbidden.file);
  server.process.wait_for_log("worker_pid=" + std::to_string(old) + " why=", 30s);
  check_nobody_noticed(load.stop());
}

TEST_CASE("recycling: a reload in the middle of it is as smooth") {
  RunningServer server(server_app("scripted"), 2, {"--max-requests", "40"});
  LoadClient load(server.address, "/pid", 8);
  for (unsigned generation = 2; generation <= 12; ++generation) {
    const std::size_t before = recycled(server);
    eventually(10s, "recycling goes on", [&] { return recycled(server) > before; });
    server.process.send_signal(SIGHUP);
    server.process.wait_for_log("the generation is live generation=" + std::to_string(generation));
  }
  check_nobody_noticed(load.stop());
}
