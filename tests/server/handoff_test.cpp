// A connection outlives its worker: reloads, scaling and single workers that leave, without any
// client noticing.
#include <algorithm>
#include <memory>
#include <signal.h>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/http_client.h"
#include "support/load_client.h"
#include "support/running_server.h"

using namespace appserver::test;

namespace {

constexpr std::string_view kGet = "GET /large?size=5 HTTP/1.1\r\nHost: a\r\n\r\n";

// Clients in every state in which a worker that leaves may find them.
struct Clients {
  explicit Clients(const Address& address, int each = 8) {
    for (int i = 0; i < each; ++i) {
      idle.push_back(std::make_unique<HttpClient>(address));
      REQUIRE(idle.back()->get("/large?size=5").body == "LLLLL");
      fresh.push_back(std::make_unique<HttpClient>(address));
      in_head.push_back(std::make_unique<HttpClient>(address));
      in_head.back()->send("GET /large?size=5 HTTP/1.1\r\nHo");
      in_body.push_back(std::make_unique<HttpClient>(address));
      in_body.back()->send(
          "POST /collected HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345");
      in_chunk.push_back(std::make_unique<HttpClient>(address));
      in_chunk.back()->send(
          "POST /collected HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12");
      receiving.push_back(std::make_unique<HttpClient>(address));
      receiving.back()->send(
          "POST /counting HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345");
    }
    // Whoever connected after the others is served after them: all that was sent before is read.
    REQUIRE(get(address, "/large?size=1").status == 200);
  }

  // Every client goes on as if nothing had happened, and stays connected.
  void go_on() {
    for (std::size_t i = 0; i < idle.size(); ++i) {
      CAPTURE(i);
      idle[i]->send(kGet);
      fresh[i]->send(kGet);
      in_head[i]->send("st: a\r\n\r\n");
      in_body[i]->send("67890");
      in_chunk[i]->send("345\r\n5\r\n67890\r\n0\r\n\r\n");
      receiving[i]->send("67890");
      for (HttpClient* client : {idle[i].get(), fresh[i].get(), in_head[i].get()}) {
        const HttpResponse response = client->read_response();
        CHECK(response.body == "LLLLL");
        CHECK_FALSE(response.announces_close());
      }
      for (HttpClient* client : {in_body[i].get(), in_chunk[i].get(), receiving[i].get()}) {
        const HttpResponse response = client->read_response();
        CHECK(response.body.starts_with("10 bytes"));
        CHECK_FALSE(response.announces_close());
      }
    }
    for (auto* crowd : {&idle, &fresh, &in_head, &in_body, &in_chunk, &receiving}) {
      for (auto& client : *crowd) {
        REQUIRE(client->get("/large?size=3").body == "LLL");
      }
    }
  }

  using Crowd = std::vector<std::unique_ptr<HttpClient>>;
  Crowd idle;
  Crowd fresh;  // Connected, and has never sent anything.
  Crowd in_head;
  Crowd in_body;
  Crowd in_chunk;
  Crowd receiving;  // Its body goes to the app as it arrives: it is finished where it began.
};

void check_nobody_noticed(const LoadCounts& counts) {
  CAPTURE(counts.text());
  CHECK(counts.failed() == 0);
  CHECK(counts.announced_closes == 0);
  CHECK(counts.other_statuses.empty());
}

}  // namespace

TEST_CASE("handoff: a reload moves clients in every state, and none of them notices") {
  RunningServer server(server_app("bodies"), 3);
  Clients clients(server.address);
  LoadClient load(server.address, "/large?size=100", 16);
  load.wait_for_answers(100);
  server.process.send_signal(SIGHUP);
  server.process.wait_for_log("generation=2");
  eventually(10s, "the new generation serves on all slots", [&] {
    const auto workers = server.process.workers();
    return std::ranges::count_if(workers, [](const auto& w) { return w.generation == 2; }) == 3;
  });
  clients.go_on();
  load.wait_for_answers(100);
  check_nobody_noticed(load.stop());
  server.process.wait_for_generation(2, 3);
}

TEST_CASE("handoff: twenty reloads in a row under load, and not one close") {
  RunningServer server(server_app("bodies"), 2);
  LoadClient busy(server.address, "/large?size=100", 16);
  LoadClient streams(server.address, "/pieces?count=3&size=30000", 8);
  Clients clients(server.address, 4);
  for (int i = 0; i < 20; ++i) {
    server.process.send_signal(SIGHUP);
    busy.wait_for_answers(50);
  }
  clients.go_on();
  check_nobody_noticed(busy.stop());
  check_nobody_noticed(streams.stop());
}

TEST_CASE("handoff: scaling down, and a worker that gets TERM, move their clients") {
  RunningServer server(server_app("bodies"), 4);
  Clients clients(server.address);
  LoadClient load(server.address, "/large?size=100", 16);
  for (const char* wanted : {"workers=3", "workers=2", "workers=1"}) {
    server.process.send_signal(SIGTTOU);
    server.process.wait_for_log(std::string("scaling ") + wanted);
  }
  clients.go_on();
  eventually(10s, "one worker is left", [&] { return server.process.workers().size() == 1; });
  server.process.send_signal(SIGTTIN);
  eventually(10s, "two workers", [&] { return server.process.workers().size() == 2; });
  for (int i = 0; i < 5; ++i) {
    const auto workers = server.process.workers();
    REQUIRE_FALSE(workers.empty());
    ::kill(workers[0].pid, SIGTERM);
    load.wait_for_answers(200);
  }
  check_nobody_noticed(load.stop());
}

TEST_CASE("handoff: the only worker is replaced, and its clients find the new one") {
  RunningServer server(server_app("bodies"), 1);
  Clients clients(server.address);
  server.process.send_signal(SIGHUP);
  server.process.wait_for_log("the generation is live generation=2");
  clients.go_on();
  server.process.wait_for_generation(2, 1);
}

TEST_CASE("handoff: thousands of idle connections move at once") {
  RunningServer server(server_app("bodies"), 2, {"--worker-connections", "10000"});
  std::vector<std::unique_ptr<HttpClient>> idle;
  for (int i = 0; i < 2000; ++i) {
    idle.push_back(std::make_unique<HttpClient>(server.address));
    REQUIRE(idle.back()->get("/large?size=5").status == 200);
  }
  const auto start = std::chrono::steady_clock::now();
  server.process.send_signal(SIGHUP);
  server.process.wait_for_generation(2, 2);
  MESSAGE(
      "a reload with 2,000 idle connections took "
      << std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start).count()
      << " ms");
  for (auto& client : idle) {
    REQUIRE(client->get("/large?size=5").body == "LLLLL");
  }
}

TEST_CASE("handoff: a server that stops tells its clients, as nobody is left to take them") {
  RunningServer server(server_app("bodies"), 2);
  HttpClient waiting(server.address);
  REQUIRE(waiting.get("/large?size=5").status == 200);
  server.process.send_signal(SIGTERM);
  server.process.wait_for_log("stopping gracefully");
  // The worker hears of it a little later than the log.
  eventually(10s, "a response that announces the end",
             [&] { return waiting.get("/large?size=5").announces_close(); });
  CHECK(waiting.wait_for_end() == Ending::Closed);
  CHECK(server.process.wait_for_exit(10s).code == 0);
}
