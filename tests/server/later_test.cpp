// Answers that are given after the handler has returned: coroutines, and Responders.
#include <chrono>
#include <cstdint>
#include <memory>
#include <signal.h>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "support/get_request.h"
#include "support/http_client.h"
#include "support/load_client.h"
#include "support/running_server.h"
#include "support/time_since.h"

using namespace appserver::test;

namespace {

using std::chrono::steady_clock;

RunningServer later(std::vector<std::string> extra = {}, unsigned workers = 1) {
  return RunningServer(server_app("later"), workers, std::move(extra));
}

void wait_for_counts(const Address& address, const std::string& counts) {
  eventually(10s, counts.c_str(),
             [&] { return get(address, "/counts").body.find(counts) != std::string::npos; });
}

}  // namespace

TEST_CASE("later: coroutines answer at once, after a while, and with what other tasks found") {
  RunningServer server = later();
  HttpClient client(server.address);
  CHECK(client.get("/co").body == "at once");
  const auto start = steady_clock::now();
  CHECK(client.get("/sleep/100").body == "slept");
  CHECK(time_since(start) >= 100ms);
  CHECK(client.get("/echo/a%20b?q=c").body == "a b c");
  CHECK(client.get("/echo/short?q=d").body == "short d");
  CHECK(client.get("/sum").body == "6");
  CHECK(client.get("/pipe").body == "in time, room");
}

// Scenario: 1. coroutines keep more functions in the queue of the threads than it is long; 2. a
// handler wants a thread; 3. each function that ends makes room for one, but the next one is there
// already.
TEST_CASE("later: a handler gets its thread although functions always wait for all of them") {
  RunningServer server = later({"--threads", "1"});
  LoadClient functions(server.address, "/blocking/10", 8);
  functions.wait_for_answers(20);
  HttpClient client(server.address);
  for (int i = 0; i < 5; ++i) {
    CHECK(client.get("/any").body == "other");
  }
  CHECK(functions.stop().failed() == 0);
}

TEST_CASE("later: middleware sets fields of answers that come later") {
  RunningServer server = later();
  HttpClient client(server.address);
  for (const std::string target : {"/co", "/sum", "/now", "/thread/1", "/conflict", "/ticks/1"}) {
    CAPTURE(target);
    CHECK(client.get(target).header("X-Layer") == "seen");
  }
}

TEST_CASE("later: what a coroutine throws is an answer, or a 500 and a line in the log") {
  RunningServer server = later();
  HttpClient client(server.address);
  CHECK(client.get("/conflict").status == 409);
  CHECK(client.get("/throws").status == 500);
  server.process.wait_for_log("out of cheese");
  CHECK(client.get("/blocking-throws").status == 500);
  server.process.wait_for_log("out of ink");
  CHECK(client.get("/no-descriptor").status == 500);
  CHECK(client.get("/stream-throws-first").status == 418);
}

TEST_CASE("later: a Responder answers in the handler, and from another thread") {
  RunningServer server = later();
  HttpClient client(server.address);
  CHECK(client.get("/now").body == "now");
  CHECK(client.get("/thread/0").body == "/thread/0");
  CHECK(client.get("/thread/50?x").body == "/thread/50?x");
  CHECK(client.get("/large").body.size() == 4 * 1024 * 1024);
}

TEST_CASE("later: a Responder that is forgotten answers 500, wherever that happens") {
  RunningServer server = later();
  HttpClient client(server.address);
  CHECK(client.get("/forgotten").status == 500);
  server.process.wait_for_log("target=/forgotten ");
  CHECK(client.get("/forgotten-elsewhere").status == 500);
  server.process.wait_for_log("target=/forgotten-elsewhere ");
  CHECK(client.get("/throws-at-once").status == 500);
  server.process.wait_for_log("out of sugar");
}

TEST_CASE("later: a second answer is told in the log, and the first one counts") {
  RunningServer server = later();
  HttpClient client(server.address);
  CHECK(client.get("/twice").body == "first");
  server.process.wait_for_log("a request was answered twice");
  CHECK(client.get("/now").body == "now");
}

TEST_CASE("later: an answer that is not valid HTTP becomes 500, and the log says why") {
  RunningServer server = later();
  CHECK(get(server.address, "/illegal").status == 500);
  server.process.wait_for_log("target=/illegal");
}

TEST_CASE("later: requests on one connection are answered in their order") {
  RunningServer server = later();
  HttpClient client(server.address);
  client.send(get_request("/sleep/100") + get_request("/co") + get_request("/thread/20") +
              get_request("/pid"));
  CHECK(client.read_response().body == "slept");
  CHECK(client.read_response().body == "at once");
  CHECK(client.read_response().body == "/thread/20");
  CHECK(client.read_response().status == 200);
}

TEST_CASE("later: one worker waits for hundreds of answers at the same time") {
  RunningServer server = later();
  const auto start = steady_clock::now();
  std::vector<std::unique_ptr<HttpClient>> clients;
  for (int i = 0; i < 400; ++i) {
    clients.push_back(std::make_unique<HttpClient>(server.address));
    clients.back()->send(get_request("/sleep/300"));
  }
  for (const auto& client : clients) {
    CHECK(client->read_response().body == "slept");
  }
  CHECK(time_since(start) < 5s);  // One after the other: two minutes.
}

TEST_CASE("later: a client that leaves cancels what is done for it") {
  RunningServer server = later();
  for (const std::string target : {"/cancelled", "/gone", "/told", "/ticks/60000"}) {
    HttpClient client(server.address);
    client.send(get_request(target));
    REQUIRE(get(server.address, "/co").status == 200);  // By now it is read, too.
  }
  wait_for_counts(server.address, "4 cancelled");
}

TEST_CASE("later: an answer to a request whose client is gone is refused, and harms nobody") {
  RunningServer server = later();
  {
    HttpClient client(server.address);
    client.send(get_request("/thread/300"));
    REQUIRE(get(server.address, "/co").status == 200);
  }
  wait_for_counts(server.address, "1 refused");
  CHECK(get(server.address, "/thread/1").body == "/thread/1");
}

TEST_CASE("later: an answer that is overdue is a 504, and its worker lives on") {
  RunningServer server = later({"--timeout", "300ms"});
  const std::string pid = get(server.address, "/pid").body;
  HttpClient client(server.address);
  const HttpResponse response = client.get("/cancelled");
  CHECK(response.status == 504);
  CHECK(response.announces_close());
  CHECK(client.wait_for_end() == Ending::Closed);
  wait_for_counts(server.address, "1 cancelled");
  CHECK(get(server.address, "/thread/1500").status == 504);
  wait_for_counts(server.address, "1 refused");
  CHECK(get(server.address, "/patient/1000").body == "slept");
  CHECK(get(server.address, "/pid").body == pid);
  server.process.wait_for_log("target=/cancelled");
}

TEST_CASE("later: a handler may have less time than others") {
  RunningServer server = later();
  const auto start = steady_clock::now();
  CHECK(get(server.address, "/hasty").status == 504);
  CHECK(time_since(start) < 3s);
}

TEST_CASE("later: blocking work runs on the threads, if there are any") {
  RunningServer without = later();
  CHECK(get(without.address, "/blocking/10").body == "here");
  RunningServer with = later({"--threads", "2"});
  CHECK(get(with.address, "/blocking/10").body == "elsewhere");
  CHECK(get(with.address, "/any").body == "other");
  CHECK(get(with.address, "/first").body == "first");
  CHECK(get(with.address, "/sum").body == "6");
  CHECK(get(with.address, "/thread/5").body == "/thread/5");
}

TEST_CASE("later: answers from other threads leave while a handler blocks the worker") {
  RunningServer server = later();
  HttpClient waiting(server.address);
  waiting.send(get_request("/thread/200"));
  wait_for_counts(server.address, "1 started");
  HttpClient blocking(server.address);
  blocking.send(get_request("/block/2000"));
  const auto start = steady_clock::now();
  CHECK(waiting.read_response().body == "/thread/200");
  CHECK(time_since(start) < 1500ms);
  CHECK(blocking.read_response().body == "blocked");
}

TEST_CASE("later: a stream's pieces leave when they are written") {
  RunningServer server = later();
  HttpClient client(server.address);
  const auto start = steady_clock::now();
  client.send(get_request("/ticks/400"));
  eventually(10s, "the first piece", [&] { return client.has_input(); });
  CHECK(time_since(start) < 400ms);
  const HttpResponse response = client.read_response();
  CHECK(response.body == "data: 0\n\ndata: 1\n\ndata: 2\n\n");
  CHECK(time_since(start) >= 1200ms);
  CHECK(client.get("/co").body == "at once");
}

TEST_CASE("later: a stream waits for a slow client instead of filling the memory") {
  RunningServer server = later();
  HttpClient client(server.address);
  client.send("GET /flood HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  // So much fits into the kernel's buffers on the way, and 64 KiB into the server's.
  std::string before;
  eventually(10s, "the stream comes to a halt", [&] {
    const std::string now = get(server.address, "/counts").body;
    return now.find(" 0 delivered") == std::string::npos && std::exchange(before, now) == now;
  });
  CHECK(before.find("3000 delivered") == std::string::npos);
  std::uint64_t received = 0;
  CHECK(client.discard_until_end(received) == Ending::Closed);
  CHECK(received > 30'000'000);
}

TEST_CASE("later: a stream that fails is seen to be incomplete") {
  RunningServer server = later();
  HttpClient client(server.address);
  client.send(get_request("/stream-throws"));
  CHECK(client.wait_for_end() == Ending::Closed);
  CHECK(client.unread().find("half") != std::string::npos);
  CHECK(client.unread().find("\r\n0\r\n") == std::string::npos);
  server.process.wait_for_log("out of paper");
  HttpClient abandoned(server.address);
  abandoned.send(get_request("/abandoned"));
  CHECK(abandoned.wait_for_end() == Ending::Closed);
  CHECK(abandoned.unread().find("\r\n0\r\n") == std::string::npos);
}

TEST_CASE("later: a thread pushes into a stream, and HEAD gets its head alone") {
  RunningServer server = later();
  HttpClient client(server.address);
  const HttpResponse response = client.get("/pushed");
  CHECK(response.body.find("piece 0\n") == 0);
  CHECK(response.body.ends_with("piece 99\n"));
  CHECK(client.request("HEAD", "/pushed").status == 200);
  CHECK(client.request("HEAD", "/ticks/1").status == 200);
  CHECK(client.get("/co").body == "at once");
}

TEST_CASE("later: answers are compressed like all others") {
  RunningServer server = later({"--compress", "gzip"});
  HttpClient client(server.address);
  const HttpResponse response = client.request("GET", "/large", {}, "Accept-Encoding: gzip\r\n");
  CHECK(response.header("Content-Encoding") == "gzip");
  CHECK(response.body.size() < 100'000);
  const HttpResponse stream = client.request("GET", "/ticks/1", {}, "Accept-Encoding: gzip\r\n");
  CHECK(stream.header("Content-Encoding") == "gzip");
}

TEST_CASE("later: a crash in a coroutine answers 500 to its client and 503 to those who wait") {
  RunningServer server = later();
  HttpClient idle(server.address);
  REQUIRE(idle.get("/co").status == 200);
  HttpClient waiting(server.address);
  waiting.send(get_request("/sleep/60000"));
  HttpClient guilty(server.address);
  guilty.send(get_request("/crash/100"));
  CHECK(guilty.read_response().status == 500);
  CHECK(waiting.read_response().status == 503);
  CHECK(idle.get("/co").body == "at once");
  server.process.wait_for_log("target=/crash/100");
}

TEST_CASE("later: reloads under load lose nothing") {
  RunningServer server = later({"--threads", "2"}, 2);
  LoadClient coroutines(server.address, "/sleep/20", 16);
  LoadClient responders(server.address, "/thread/5", 8);
  coroutines.wait_for_answers(50);
  for (int i = 0; i < 5; ++i) {
    server.process.send_signal(SIGHUP);
    server.process.wait_for_log("generation=" + std::to_string(i + 2));
    coroutines.wait_for_answers(100);
    responders.wait_for_answers(50);
  }
  for (LoadClient* load : {&coroutines, &responders}) {
    const LoadCounts counts = load->stop();
    CAPTURE(counts.text());
    CHECK(counts.failed() == 0);
    CHECK(counts.announced_closes == 0);
  }
}
