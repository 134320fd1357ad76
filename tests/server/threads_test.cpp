// --threads: handlers that run at the same time, that hang, and that crash.
#include <chrono>
#include <filesystem>
#include <memory>
#include <signal.h>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/get_request.h"
#include "support/http_client.h"
#include "support/load_client.h"
#include "support/running_server.h"
#include "support/temporary_folder.h"
#include "support/time_since.h"

using namespace appserver::test;

namespace {

using std::chrono::steady_clock;

// Connections that have sent one request each.
std::vector<std::unique_ptr<HttpClient>> send_all(const Address& address, int count,
                                                  std::string_view target) {
  std::vector<std::unique_ptr<HttpClient>> clients;
  for (int i = 0; i < count; ++i) {
    clients.push_back(std::make_unique<HttpClient>(address));
    clients.back()->send(get_request(target));
  }
  return clients;
}

// A server whose slow handlers can be counted.
struct CrashingServer {
  explicit CrashingServer(const std::string& threads)
      : server(server_app("crashes"), 1,
               {"--threads", threads, "--env", "CRASHES_SLOW=" + begun.string()}) {}

  void wait_until_slow(std::size_t handlers) const {
    eventually(10s, "the slow handlers run", [this, handlers] {
      return std::filesystem::exists(begun) && std::filesystem::file_size(begun) >= handlers;
    });
  }

  TemporaryFolder folder;
  std::filesystem::path begun = folder.path() / "begun";
  RunningServer server;
};

}  // namespace

TEST_CASE("threads: as many handlers run at the same time, and the others after them") {
  RunningServer server(server_app("scripted"), 1, {"--threads", "4"});
  const auto start = steady_clock::now();
  const auto clients = send_all(server.address, 8, "/sleep/300");
  for (const auto& client : clients) {
    CHECK(client->read_response().body == "slept");
  }
  CHECK(time_since(start) >= 600ms);
  CHECK(time_since(start) < 1200ms);  // One after the other: 2400.
}

TEST_CASE("threads: requests on one connection are answered in their order") {
  RunningServer server(server_app("scripted"), 1, {"--threads", "4"});
  HttpClient client(server.address);
  client.send(get_request("/sleep/200") + get_request("/pid") + get_request("/env/NOTHING") +
              get_request("/sleep/1"));
  CHECK(client.read_response().body == "slept");
  CHECK_FALSE(client.read_response().body.empty());
  CHECK(client.read_response().body == "unset");
  CHECK(client.read_response().body == "slept");
}

TEST_CASE("threads: a client that ends its sending side is answered all the same") {
  RunningServer server(server_app("scripted"), 1, {"--threads", "2"});
  HttpClient client(server.address);
  client.send(get_request("/sleep/200"));
  client.finish_sending();
  CHECK(client.read_response().body == "slept");
  CHECK(client.wait_for_end() == Ending::Closed);
}

TEST_CASE("threads: what waits for a thread is done by a worker that has one to spare") {
  RunningServer server(server_app("scripted"), 2, {"--threads", "1"});
  const auto start = steady_clock::now();
  const auto clients = send_all(server.address, 8, "/sleep/200");
  for (const auto& client : clients) {
    CHECK(client->read_response().body == "slept");
  }
  CHECK(time_since(start) < 1150ms);  // Two at a time: 800. Five and three: 1000; all on one: 1600.
}

TEST_CASE("threads: a handler over its deadline is answered 504, and its worker is replaced") {
  RunningServer server(server_app("scripted"), 1, {"--threads", "2", "--timeout", "500ms"});
  LoadClient load(server.address, "/pid", 4);
  load.wait_for_answers(100);
  HttpClient stuck(server.address);
  stuck.send(get_request("/sleep/60000"));
  const HttpResponse response = stuck.read_response();
  CHECK(response.status == 504);
  CHECK(response.announces_close());
  CHECK(stuck.wait_for_end() == Ending::Closed);
  server.process.wait_for_log("a handler thread exceeded its time");
  server.process.wait_for_log("the worker leaves while handlers are running");
  load.wait_for_answers(300);
  const LoadCounts counts = load.stop();
  CAPTURE(counts.text());
  CHECK(counts.failed() == 0);
  CHECK(counts.announced_closes == 0);
}

TEST_CASE("threads: a handler may ask for more time, or have less") {
  RunningServer server(server_app("scripted"), 1, {"--threads", "2", "--timeout", "300ms"});
  CHECK(get(server.address, "/patient/1000").body == "slept");
  const auto start = steady_clock::now();
  CHECK(get(server.address, "/hasty/5000").status == 504);
  CHECK(time_since(start) < 2s);
}

TEST_CASE("threads: a handler that throws is answered 500, and the reason is logged") {
  RunningServer server(server_app("scripted"), 1, {"--threads", "2"});
  CHECK(get(server.address, "/throw").status == 500);
  server.process.wait_for_log("out of cheese");
}

TEST_CASE("threads: a crash answers 500 to its client, 503 to those at work, and moves the rest") {
  for (const std::string how : {"segv", "overflow", "terminate", "abort"}) {
    CAPTURE(how);
    CrashingServer crashing("3");
    RunningServer& server = crashing.server;
    HttpClient idle(server.address);
    REQUIRE(idle.get("/fine").body == "fine");
    const auto at_work = send_all(server.address, 2, "/slow/1500");
    crashing.wait_until_slow(2);
    HttpClient guilty(server.address);
    guilty.send(get_request("/crash/" + how));
    const HttpResponse response = guilty.read_response();
    CHECK(response.status == 500);
    CHECK(response.announces_close());
    for (const auto& client : at_work) {
      const HttpResponse answer = client->read_response();
      CHECK(answer.status == 503);
      CHECK(answer.header("Retry-After") == "1");
    }
    CHECK(idle.get("/fine").body == "fine");
    server.process.wait_for_log("target=/crash/" + how);
  }
}

TEST_CASE("threads: a request that has found no thread yet survives a crash unharmed") {
  CrashingServer crashing("1");
  RunningServer& server = crashing.server;
  HttpClient idle(server.address);
  REQUIRE(idle.get("/fine").body == "fine");
  HttpClient at_work(server.address);
  at_work.send(get_request("/slow/1500"));
  crashing.wait_until_slow(1);
  const auto waiting = send_all(server.address, 4, "/fine");
  CHECK(get(server.address, "/healthz").status == 200);  // The worker has looked at its sockets.
  ::kill(server.process.workers().at(0).pid, SIGSEGV);
  CHECK(at_work.read_response().status == 503);
  for (const auto& client : waiting) {
    CHECK(client->read_response().body == "fine");
  }
}

TEST_CASE("threads: under load only the guilty requests and those at work fail in a crash") {
  RunningServer server(server_app("crashes"), 2, {"--threads", "4"});
  LoadClient load(server.address, "/fine", 16);
  load.wait_for_answers(200);
  for (int i = 0; i < 6; ++i) {
    CHECK(get(server.address, i % 2 == 0 ? "/crash/segv" : "/crash/abort").status == 500);
    load.wait_for_answers(300);
  }
  const LoadCounts counts = load.stop();
  CAPTURE(counts.text());
  CHECK(counts.unannounced_closes == 0);
  CHECK(counts.resets == 0);
  CHECK(counts.refused == 0);
  CHECK(counts.malformed == 0);
  CHECK(counts.unanswered == 0);
  for (const auto& [status, count] : counts.other_statuses) {
    CHECK(status == 503);
    CHECK(count <= 6 * 4);  // No more than there are threads, each time.
  }
}

TEST_CASE("threads: reloads under load lose nothing") {
  RunningServer server(server_app("scripted"), 2, {"--threads", "4"});
  LoadClient load(server.address, "/sleep/5", 16);
  load.wait_for_answers(100);
  for (int i = 0; i < 5; ++i) {
    server.process.send_signal(SIGHUP);
    server.process.wait_for_log("generation=" + std::to_string(i + 2));
    load.wait_for_answers(100);
  }
  const LoadCounts counts = load.stop();
  CAPTURE(counts.text());
  CHECK(counts.failed() == 0);
  CHECK(counts.announced_closes == 0);
}
