// Bodies that coroutines read piece by piece, as they arrive.
#include <cstdint>
#include <signal.h>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "support/body_bytes.h"
#include "support/http_client.h"
#include "support/running_server.h"
#include "support/text_search.h"
#include "support/worker_memory.h"

using namespace appserver::test;

namespace {

std::string post(std::string_view path, std::size_t length, std::string_view more = {}) {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(length) + "\r\n" +
         std::string(more) + "\r\n";
}

struct Reading {
  explicit Reading(std::vector<std::string> extra = {}, unsigned workers = 1)
      : server(server_app("reading"), workers, std::move(extra)) {}
  void wait_for(std::string_view event) { server.process.wait_for_log(std::string(event)); }

  RunningServer server;
  const Address& address = server.address;
};

}  // namespace

TEST_CASE("reading: a body arrives whole, and the connection goes on") {
  Reading reading;
  HttpClient client(reading.address);
  for (const std::size_t size : {std::size_t{1}, std::size_t{100}, std::size_t{3'000'000}}) {
    const std::string body = varied(size);
    client.send(post("/digest", size));
    client.send(body);
    const HttpResponse answer = client.read_response();
    CHECK(answer.body == described(body));
    CHECK_FALSE(answer.announces_close());
  }
  CHECK(client.get("/").body == "idle");
  CHECK(client.request("POST", "/digest", "").body == described(""));
  CHECK(client.request("POST", "/first", "").body == "nothing");
}

TEST_CASE("reading: the first piece is read before the second is sent") {
  Reading reading;
  HttpClient client(reading.address);
  client.send(
      "POST /digest HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
      "Expect: 100-continue\r\n\r\n");
  CHECK(client.read_response().status == 100);
  client.send("3\r\nabc\r\n");
  client.send("2\r\nde\r\n0\r\n\r\n");
  CHECK(client.read_response().body == described("abcde"));
  // Pipelined behind a body.
  client.send(post("/digest", 3) + "xyz" + post("/digest", 1) + "!");
  CHECK(client.read_response().body == described("xyz"));
  CHECK(client.read_response().body == described("!"));
}

TEST_CASE("reading: a client sends no faster than its body is read") {
  Reading reading;
  CHECK(get(reading.address, "/").body == "idle");
  const std::uint64_t before = worker_memory(reading.server);
  HttpClient client(reading.address, 30s);
  const std::string body = varied(std::size_t{64} << 20);
  client.send(post("/pausing/300", body.size()));
  std::thread sender([&] { client.send(body); });
  reading.wait_for("read to the end");
  sender.join();
  CHECK(client.read_response().body == std::to_string(body.size()));
  CHECK(worker_memory(reading.server) < before + (std::uint64_t{8} << 20));
}

TEST_CASE("reading: an answer before the end of the body ends the connection") {
  Reading reading;
  HttpClient client(reading.address);
  client.send(post("/first", 1000) + "some of it");
  const HttpResponse answer = client.read_response();
  CHECK(answer.status == 202);
  CHECK(answer.body == "enough");
  CHECK(answer.announces_close());
  CHECK(client.wait_for_end() == Ending::Closed);
}

TEST_CASE("reading: limit_body holds, whether the length is announced or not") {
  Reading reading;
  HttpClient client(reading.address);
  const std::string body = varied(1000);
  CHECK(client.request("POST", "/small/digest", body).body == described(body));
  client.send(post("/small/digest", 1001));
  CHECK(client.read_response().status == 413);
  HttpClient other(reading.address);
  other.send("POST /small/digest HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n" +
             body + "\r\n");
  other.send("1\r\n!\r\n");
  const HttpResponse refused = other.read_response();
  CHECK(refused.status == 413);
  CHECK(refused.announces_close());
}

TEST_CASE("reading: whoever leaves or breaks off has his coroutine cancelled") {
  Reading reading;
  {
    HttpClient client(reading.address);
    client.send(post("/digest", 1000) + "some of it");
  }
  reading.wait_for("given up");
  HttpClient client(reading.address);
  client.send(
      "POST /digest HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\nthis is no length\r\n");
  CHECK(client.read_response().status == 400);
  CHECK(client.wait_for_end() == Ending::Closed);
  eventually(5s, "both coroutines are gone",
             [&] { return occurrences(reading.server.process.log(), "given up") == 2; });
}

TEST_CASE("reading: --timeout is the handler's time, and not that of its client") {
  Reading reading({"--timeout", "1"});
  HttpClient slow(reading.address);
  slow.send(post("/digest", 3) + "a");
  // A handler that lets its own time pass.
  HttpClient client(reading.address);
  client.send(post("/never", 3) + "abc");
  CHECK(client.read_response().status == 504);
  reading.wait_for("the handler exceeded its time");
  slow.send("bc");
  CHECK(slow.read_response().body == described("abc"));
}

TEST_CASE("reading: a client that stops sending is answered 408, and its coroutine is cancelled") {
  Reading reading({"--body-timeout", "1"});
  HttpClient client(reading.address);
  client.send(post("/digest", 1000) + "some of it");
  CHECK(client.read_response().status == 408);
  CHECK(client.wait_for_end() == Ending::Closed);
  reading.wait_for("given up");
}

TEST_CASE("reading: a reload waits for uploads that are under way, and loses none") {
  Reading reading({}, 2);
  constexpr int kClients = 20;
  std::vector<HttpClient> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back(reading.address);
    clients.back().send(post("/digest", 200'000));
    clients.back().send(varied(200'000).substr(0, 100'000));
  }
  reading.server.process.send_signal(SIGHUP);
  reading.server.process.wait_for_log("the generation is live generation=2");
  int answered = 0;
  for (int i = 0; i < kClients; ++i) {
    const std::string body = varied(200'000);
    HttpClient& client = clients[static_cast<std::size_t>(i)];
    client.send(std::string_view(body).substr(100'000));
    answered += client.read_response().body == described(body) ? 1 : 0;
  }
  CHECK(answered == kClients);
}
