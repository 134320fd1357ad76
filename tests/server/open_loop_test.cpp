// Apps with watchers of their own on the worker's loop.
#include <signal.h>
#include <string>

#include <doctest/doctest.h>

#include "support/eventually.h"
#include "support/http_client.h"
#include "support/load_client.h"
#include "support/running_server.h"

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
