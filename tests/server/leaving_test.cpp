// Apps that are told when their worker leaves, and streams that would last for ever otherwise.
#include <chrono>
#include <cstddef>
#include <signal.h>
#include <string>

#include <doctest/doctest.h>

#include "support/eventually.h"
#include "support/get_request.h"
#include "support/http_client.h"
#include "support/running_server.h"
#include "support/text_search.h"

using namespace appserver::test;

namespace {

// Well below the graceful time-out, which would end the streams as well.
constexpr auto kQuick = 10s;

void wait_for_streams(const RunningServer& server, std::size_t count) {
  eventually(10s, "so many streams are open",
             [&] { return get(server.address, "/count").body == std::to_string(count); });
}

}  // namespace

TEST_CASE("leaving: a reload lets the app end its streams, and their connections go on") {
  RunningServer server(server_app("lasting"), 1, {"--graceful-timeout", "60s"});
  const std::string old_pid = get(server.address, "/pid").body;
  HttpClient client(server.address);
  client.send(get_request("/lasting"));
  wait_for_streams(server, 1);
  server.process.send_signal(SIGHUP);
  CHECK(client.read_response().body == "hello bye");
  server.process.wait_for_generation(2, 1, kQuick);
  const HttpResponse next = client.get("/pid");
  CHECK(next.status == 200);
  CHECK(next.body != old_pid);
  server.process.wait_for_log("stopped");
}

TEST_CASE("leaving: a stop tells the app once, before on_worker_stop") {
  RunningServer server(server_app("lasting"), 1, {"--graceful-timeout", "60s"});
  HttpClient client(server.address);
  client.send(get_request("/lasting"));
  wait_for_streams(server, 1);
  server.process.send_signal(SIGTERM);
  CHECK(client.read_response().body == "hello bye");
  CHECK(server.process.wait_for_exit(kQuick).code == 0);
  const std::string log = server.process.log();
  CHECK(occurrences(log, "told to leave with 1") == 1);
  CHECK(log.find("told to leave") < log.find("gen 1: stopped"));
}

TEST_CASE("leaving: a worker that is stopped at once is not told") {
  RunningServer server(server_app("lasting"), 1);
  server.process.send_signal(SIGINT);
  CHECK(server.process.wait_for_exit(kQuick).code == 0);
  CHECK_FALSE(contains(server.process.log(), "told to leave"));
}

TEST_CASE("leaving: a client that leaves in the middle of a pushed stream is told at once") {
  RunningServer server(server_app("lasting"), 1);
  {
    HttpClient client(server.address);
    client.send(get_request("/lasting"));
    wait_for_streams(server, 1);
  }
  wait_for_streams(server, 0);
}
