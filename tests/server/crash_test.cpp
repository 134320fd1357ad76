// Workers that crash: the guilty request gets 500, and nobody else notices.
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

constexpr std::string_view kFine = "GET /fine HTTP/1.1\r\nHost: a\r\n\r\n";

// Clients that have nothing to do with a crash, in every state.
struct Bystanders {
  explicit Bystanders(const Address& address)
      : idle(address), in_head(address), in_body(address), in_chunk(address) {
    REQUIRE(idle.get("/fine").body == "fine");
    in_head.send("GET /fine HTTP/1.1\r\nHo");
    in_body.send("POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345");
    in_chunk.send("POST /body HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n123");
    REQUIRE(get(address, "/fine").body == "fine");  // All of that is read.
  }
  void go_on() {
    CHECK(idle.get("/fine").body == "fine");
    in_head.send("st: a\r\n\r\n");
    CHECK(in_head.read_response().body == "fine");
    in_body.send("67890");
    CHECK(in_body.read_response().body == "1234567890");
    in_chunk.send("45\r\n0\r\n\r\n");
    CHECK(in_chunk.read_response().body == "12345");
  }

  HttpClient idle;
  HttpClient in_head;
  HttpClient in_body;
  HttpClient in_chunk;
};

}  // namespace

TEST_CASE("crash: each kind answers 500 to the guilty client, and the others live on") {
  std::vector<std::string> kinds{"segv", "overflow", "terminate", "abort", "fpe",
                                 "ill",  "bus",      "late",      "thread"};
#if !defined(__SANITIZE_ADDRESS__)  // Which ends the process by itself, without a signal.
  kinds.emplace_back("heap");
#endif
  for (const std::string& how : kinds) {
    CAPTURE(how);
    RunningServer server(server_app("crashes"), 1);  // A new one: the last crash delays nothing.
    Bystanders bystanders(server.address);
    HttpClient guilty(server.address);
    guilty.send("GET /crash/" + how + " HTTP/1.1\r\nHost: a\r\n\r\n");
    const HttpResponse response = guilty.read_response();
    CHECK(response.status == 500);
    CHECK(response.announces_close());
    CHECK(guilty.wait_for_end() == Ending::Closed);
    bystanders.go_on();
    server.process.wait_for_log("target=/crash/" + how);
  }
}

TEST_CASE("crash: what was answered before in the same batch arrives before the 500") {
  RunningServer server(server_app("crashes"), 1);
  HttpClient client(server.address);
  client.send(std::string(kFine) + std::string(kFine) +
              "GET /crash/segv HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(client.read_response().body == "fine");
  CHECK(client.read_response().body == "fine");
  CHECK(client.read_response().status == 500);
}

TEST_CASE("crash: a body that the app was taking in cannot be repeated, and is answered 503") {
  RunningServer server(server_app("crashes"), 1);
  HttpClient receiving(server.address);
  receiving.send("POST /received HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345");
  REQUIRE(get(server.address, "/fine").body == "fine");
  CHECK(get(server.address, "/crash/segv").status == 500);
  const HttpResponse response = receiving.read_response();
  CHECK(response.status == 503);
  CHECK(response.header("Retry-After") == "1");
}

TEST_CASE("crash: a signal from outside loses nothing, and the worker dies by it") {
  RunningServer server(server_app("crashes"), 2);
  Bystanders bystanders(server.address);
  for (const WorkerEntry& worker : server.process.workers()) {
    ::kill(worker.pid, SIGSEGV);
  }
  server.process.wait_for_log("signal=SIGSEGV");
  bystanders.go_on();
}

TEST_CASE("crash: under load only the guilty requests fail") {
  RunningServer server(server_app("crashes"), 2);
  LoadClient load(server.address, "/fine", 32);
  load.wait_for_answers(200);
  for (int i = 0; i < 8; ++i) {
    CHECK(get(server.address, i % 2 == 0 ? "/crash/segv" : "/crash/abort").status == 500);
    load.wait_for_answers(300);
  }
  const LoadCounts counts = load.stop();
  CAPTURE(counts.text());
  CHECK(counts.failed() == 0);
  CHECK(counts.announced_closes == 0);
}

TEST_CASE("crash: a response that a slow client takes is finished by another worker") {
  RunningServer server(server_app("crashes"), 1);
  HttpClient slow(server.address);
  // The second request waits until the first response has left.
  slow.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n" + std::string(kFine));
  HttpClient last(server.address);
  last.send("GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  eventually(10s, "both responses begin", [&] { return slow.has_input() && last.has_input(); });
  CHECK(get(server.address, "/crash/segv").status == 500);
  CHECK(get(server.address, "/crash/segv").status == 500);  // Also the one that took over.
  const std::string whole(16 * 1024 * 1024, 'x');
  CHECK((slow.read_response().body == whole));
  CHECK(slow.read_response().body == "fine");
  CHECK(slow.get("/fine").body == "fine");
  CHECK((last.read_response().body == whole));
  CHECK(last.wait_for_end() == Ending::Closed);
}
