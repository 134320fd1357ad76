// Apps with watchers of their own on the worker's loop.
#include <signal.h>
#include <string>

#include <doctest/doctest.h>

#include "support/eventually.h"
#include "support/http_client.h"
#include "support/load_client.h"
#include "support/running_server.h"
#include "support/text_search.h"

using namespace appserver::test;

namespace {

unsigned long ticks(const Address& address) {
  return std::stoul(get(address, "/ticks").body);
}

}  // namespace

TEST_CASE("open loop: an app's own watchers run between requests, and may answer them") {
  RunningServer server(server_app("looping"), 1);
  const unsigned long before = ticks(server.address);
  eventually(10s, "the app's timer has fired", [&] { return ticks(server.address) > before + 5; });
  CHECK(get(server.address, "/later/20").body == "from a watcher");
}

TEST_CASE("open loop: reloads under load lose no answer that a watcher gives") {
  RunningServer server(server_app("looping"), 2);
  LoadClient load(server.address, "/later/5", 16);
  load.wait_for_answers(100);
  for (int i = 0; i < 3; ++i) {
    server.process.send_signal(SIGHUP);
    server.process.wait_for_log("the generation is live generation=" + std::to_string(i + 2));
    load.wait_for_answers(100);
  }
  const LoadCounts counts = load.stop();
  CAPTURE(counts.text());
  CHECK(counts.failed() == 0);
}

TEST_CASE("open loop: the worker has one, from its start to its end") {
  RunningServer server(server_app("looping"), 1);
  server.process.send_signal(SIGTERM);
  CHECK(server.process.wait_for_exit().code == 0);
  CHECK(server.process.log().find("the same loop") != std::string::npos);
}

TEST_CASE("open loop: whatever holds it is told with its stack, and goes on") {
  for (const std::string target : {"/block/400", "/block-in-callback/400"}) {
    CAPTURE(target);
    RunningServer server(server_app("looping"), 1);
    CHECK(get(server.address, target).status == 200);
    const std::string line = server.process.wait_for_log_line("a worker's event loop is blocked");
    CHECK(line.find("warn") != std::string::npos);
    CHECK(line.find("cause=\"held for ") != std::string::npos);
    CHECK((line.find("target=" + target) != std::string::npos) == (target == "/block/400"));
    server.process.wait_for_log("block_the_loop(");
    CHECK(get(server.address, "/pid").status == 200);
    // Once a minute.
    CHECK(get(server.address, "/block/400").status == 200);
    CHECK(occurrences(server.process.log(), "event loop is blocked") == 1);
    CHECK(server.process.log().find("a worker crashed") == std::string::npos);
  }
}

TEST_CASE("open loop: a crash after it is told as a crash") {
  RunningServer server(server_app("looping"), 1);
  CHECK(get(server.address, "/block/400").status == 200);
  server.process.wait_for_log("event loop is blocked");
  ::kill(server.process.workers().at(0).pid, SIGSEGV);
  server.process.wait_for_log("a worker crashed");
  server.process.wait_for_workers(1);
  CHECK(get(server.address, "/pid").status == 200);
}

TEST_CASE("open loop: --blocked-loop 0 tells nothing, and short holds are not told") {
  RunningServer silent(server_app("looping"), 1, {"--blocked-loop", "0"});
  CHECK(get(silent.address, "/block/400").status == 200);
  RunningServer patient(server_app("looping"), 1, {"--blocked-loop", "5s"});
  CHECK(get(patient.address, "/block/400").status == 200);
  CHECK(silent.process.log().find("is blocked") == std::string::npos);
  CHECK(patient.process.log().find("is blocked") == std::string::npos);
}
