// What a client may take is counted on when its connection moves to another worker: nobody gains
// time by being handed around.
#include <signal.h>
#include <string>

#include <doctest/doctest.h>

#include "support/http_client.h"
#include "support/running_server.h"

using namespace appserver::test;

namespace {

using Clock = std::chrono::steady_clock;

struct Reloads {
  milliseconds taken{};
  int count = 0;
};

// Reloads again and again until `client` is told something or its connection ends, and sends `drop`
// for it each time.
Reloads reload_until_heard(RunningServer& server, HttpClient& client, Clock::time_point start,
                           unsigned generation = 2, std::string_view drop = "") {
  Reloads reloads;
  for (; !client.has_input() && Clock::now() - start < 20s; ++generation) {
    client.send(drop);
    server.process.send_signal(SIGHUP);
    // A worker that has just told the client may wait for its end.
    static_cast<void>(becomes_true(5s, [&] {
      const auto workers = server.process.workers();
      return client.has_input() || (workers.size() == 1 && workers[0].generation == generation);
    }));
    ++reloads.count;
  }
  reloads.taken = std::chrono::duration_cast<milliseconds>(Clock::now() - start);
  MESSAGE("it ended after " << reloads.taken.count() << " ms and " << reloads.count << " reloads");
  CHECK(reloads.count >= 3);
  return reloads;
}

// The wait of 2 s ends in its time, with the clock's quarter of a second and some more for a busy
// machine.
void check_time(const Reloads& reloads) {
  CHECK(reloads.taken >= 1900ms);
  CHECK(reloads.taken < 4s);
}

}  // namespace

TEST_CASE("waits: a head that comes bit by bit is ended in time, however often it moves") {
  RunningServer server(server_app("bodies"), 1, {"--header-timeout", "2s"});
  const auto start = Clock::now();
  HttpClient client(server.address);
  client.send("GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ");
  check_time(reload_until_heard(server, client, start));
  CHECK(client.read_response().status == 408);
}

TEST_CASE("waits: a client that has sent nothing at all is ended in time, however often it moves") {
  RunningServer server(server_app("bodies"), 1, {"--header-timeout", "2s"});
  const auto start = Clock::now();
  HttpClient client(server.address);
  check_time(reload_until_heard(server, client, start));
  CHECK(client.wait_for_end() == Ending::Closed);
}

TEST_CASE("waits: an idle connection keeps the rest of its time, and gets a new one by a request") {
  RunningServer server(server_app("bodies"), 1, {"--keep-alive", "2s"});
  HttpClient client(server.address);
  REQUIRE(client.get("/large?size=5").status == 200);
  server.process.send_signal(SIGHUP);
  server.process.wait_for_generation(2, 1);
  REQUIRE(client.get("/large?size=5").status == 200);
  const auto start = Clock::now();
  check_time(reload_until_heard(server, client, start, 3));
  CHECK(client.wait_for_end() == Ending::Closed);
}

TEST_CASE("waits: a body that stops in the middle gains nothing by moving") {
  RunningServer server(server_app("bodies"), 1, {"--body-timeout", "2s", "--body-min-rate", "0"});
  HttpClient client(server.address);
  client.send("POST /collected HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n12345");
  // It is read before the first reload begins.
  REQUIRE(get(server.address, "/large?size=1").status == 200);
  const auto start = Clock::now();
  check_time(reload_until_heard(server, client, start));
  CHECK(client.read_response().status == 408);
}

TEST_CASE("waits: the rate of a body is counted over all the workers that it came to") {
  RunningServer server(server_app("bodies"), 1, {"--body-timeout", "2s", "--body-min-rate", "1K"});
  HttpClient client(server.address);
  client.send("POST /collected HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
  const auto start = Clock::now();
  const Reloads reloads = reload_until_heard(server, client, start, 2, "x");
  CHECK(reloads.taken >= 2s);  // More than that, in whole seconds.
  CHECK(reloads.taken < 6s);
  CHECK(client.read_response().status == 408);
}
