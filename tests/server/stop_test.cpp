// How a server stops: what its clients lived through, counted.
#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <signal.h>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "support/http_client.h"
#include "support/load_client.h"
#include "support/running_server.h"
#include "support/time_since.h"

using namespace appserver::test;

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kGet = "GET /large?size=5 HTTP/1.1\r\nHost: a\r\n\r\n";

// Clients that connect, ask once and leave, again and again, until nobody lets them in any more.
class Newcomers {
 public:
  explicit Newcomers(const Address& address, int threads = 8) {
    for (int i = 0; i < threads; ++i) {
      threads_.emplace_back([this, address] { run(address); });
    }
  }
  Newcomers(const Newcomers&) = delete;
  Newcomers& operator=(const Newcomers&) = delete;
  ~Newcomers() { wait(); }

  void wait() {
    for (std::thread& thread : threads_) {
      if (thread.joinable()) {
        thread.join();
      }
    }
  }

  std::atomic<unsigned> answered = 0;
  std::atomic<unsigned> lost = 0;  // Let in, and not answered.

 private:
  void run(const Address& address) {
    while (true) {
      std::optional<HttpClient> client;
      try {
        client.emplace(address);
      } catch (const std::runtime_error&) {
        return;  // Refused, as it should be in the end.
      }
      try {
        client->send(kGet);
        client->read_response().status == 200 ? ++answered : ++lost;
      } catch (const std::runtime_error&) {
        ++lost;
      }
    }
  }

  std::vector<std::thread> threads_;
};

// Five stops under newcomers; at `path`, a unix socket, if there is one.
void check_newcomers(const std::string& path = "") {
  std::vector<std::string> options;
  if (!path.empty()) {
    options = {"--bind", "unix:" + path};
  }
  unsigned answered = 0;
  unsigned lost = 0;
  for (int i = 0; i < 5; ++i) {
    RunningServer server(server_app("bodies"), 2, options);
    Newcomers newcomers(path.empty() ? server.address : Address{.unix_path = path});
    eventually(10s, "some are served", [&] { return newcomers.answered > 100; });
    server.process.send_signal(SIGTERM);
    newcomers.wait();
    CHECK(server.process.wait_for_exit().code == 0);
    answered += newcomers.answered;
    lost += newcomers.lost;
  }
  MESSAGE(answered << " answered, " << lost << " let in and lost, in five stops");
  CHECK(lost == 0);
}

}  // namespace

TEST_CASE("stop: whoever was let in is answered, while new clients keep coming") {
  check_newcomers();
}

TEST_CASE("stop: whoever was let in is answered, also on a unix socket") {
  const TemporaryFolder folder;
  check_newcomers((folder / "s.sock").string());
}

TEST_CASE("stop: connections that wait in the kernel's queue are served before it is closed") {
  RunningServer server(server_app("bodies"), 1, {"--worker-connections", "3"});
  server.process.wait_for_log("the generation is live");  // Before, nobody counts on it.
  std::vector<std::unique_ptr<HttpClient>> waiting;
  for (int i = 0; i < 40; ++i) {
    waiting.push_back(std::make_unique<HttpClient>(server.address));
    waiting.back()->send(kGet);
  }
  server.process.send_signal(SIGTERM);
  for (auto& client : waiting) {
    const HttpResponse response = client->read_response();
    CHECK(response.body == "LLLLL");
    client->finish_sending();  // As clients do that read "Connection: close".
    if (!response.announces_close()) {
      client->send(kGet);  // It was answered before the worker knew.
    }
  }
  CHECK(server.process.wait_for_exit().code == 0);
}

TEST_CASE("stop: a silent client does not hold the stop up, one that still asks is answered") {
  RunningServer server(server_app("bodies"), 2, {"--header-timeout", "30s"});
  HttpClient silent(server.address);
  HttpClient idle(server.address);
  HttpClient late(server.address);
  REQUIRE(idle.get("/large?size=5").status == 200);
  REQUIRE(late.get("/large?size=5").status == 200);
  const auto start = Clock::now();
  server.process.send_signal(SIGTERM);
  eventually(5s, "an answer that announces the end",
             [&] { return late.get("/large?size=5").announces_close(); });
  CHECK(silent.wait_for_end() == Ending::Closed);
  CHECK(idle.wait_for_end() == Ending::Closed);
  // They had time for a request that was on its way.
  CHECK(time_since(start) >= 900ms);
  CHECK(late.wait_for_end() == Ending::Closed);
  late.finish_sending();
  CHECK(server.process.wait_for_exit().code == 0);
}

TEST_CASE("stop: new clients are refused while a long answer is finished") {
  RunningServer server(server_app("scripted"), 1);
  HttpClient slow(server.address);
  slow.send("GET /sleep/2500 HTTP/1.1\r\nHost: a\r\n\r\n");
  eventually(5s, "its handler runs", [&] { return get(server.address, "/healthz").status == 200; });
  server.process.send_signal(SIGTERM);
  eventually(10s, "nobody is let in any more",
             [&] { return !accepts_connections(server.address); });
  CHECK_FALSE(slow.has_input());
  CHECK(slow.read_response().body == "slept");
  CHECK(server.process.wait_for_exit().code == 0);
}

TEST_CASE("stop: an idle server is gone at once") {
  RunningServer server(server_app("bodies"), 2);
  const auto start = Clock::now();
  server.process.send_signal(SIGTERM);
  CHECK(server.process.wait_for_exit().code == 0);
  MESSAGE("it took " << time_since(start).count() << " ms");
  CHECK(time_since(start) < 1s);
}

TEST_CASE("drain delay: readiness fails, everything is served as before, and then the stop comes") {
  RunningServer server(server_app("bodies"), 2, {"--drain-delay", "2s"});
  server.process.wait_for_log("the generation is live");
  LoadClient load(server.address, "/large?size=5", 8);
  HttpClient probe(server.address);
  CHECK(probe.get("/readyz").status == 200);
  const auto start = Clock::now();
  server.process.send_signal(SIGTERM);
  eventually(1s, "it is not ready", [&] { return probe.get("/readyz").status == 503; });
  CHECK(probe.get("/readyz").body == "draining");
  CHECK_FALSE(probe.get("/readyz").announces_close());
  CHECK(probe.get("/healthz").status == 200);
  CHECK(get(server.address, "/large?size=5").status == 200);
  load.wait_for_answers(100);
  server.process.send_signal(SIGHUP);
  server.process.wait_for_log("the server is stopping; deploy after it was started again");
  server.process.send_signal(SIGTTIN);
  server.process.wait_for_workers(3);
  REQUIRE(::kill(server.process.workers()[0].pid, SIGKILL) == 0);
  eventually(1s, "the dead worker is replaced, and as unready", [&] {
    return server.process.workers().size() == 3 && get(server.address, "/readyz").status == 503;
  });
  CHECK(time_since(start) < 2s);
  eventually(10s, "nobody is let in any more",
             [&] { return !accepts_connections(server.address); });
  CHECK(time_since(start) >= 2s);
  const LoadCounts counts = load.stop();
  CAPTURE(counts.text());
  CHECK(counts.resets <= 8);  // Of the killed worker.
  CHECK(server.process.wait_for_exit().code == 0);
}

TEST_CASE("drain delay: a second TERM begins the stop, INT ends it at once") {
  for (const int second : {SIGTERM, SIGINT}) {
    CAPTURE(second);
    RunningServer server(server_app("bodies"), 1, {"--drain-delay", "60s"});
    server.process.wait_for_log("the generation is live");  // Before, nobody counts on it.
    server.process.send_signal(SIGTERM);
    server.process.wait_for_log("serving on while load balancers notice");
    const auto start = Clock::now();
    server.process.send_signal(second);
    CHECK(server.process.wait_for_exit().code == 0);
    CHECK(time_since(start) < 5s);
  }
}

namespace {

// Clients that will not be done in time, each in another way.
struct Unfinished {
  explicit Unfinished(const Address& address)
      : stream(address), in_body(address), taken_in(address), in_head(address), idle(address) {
    REQUIRE(idle.get("/large?size=5").status == 200);
    stream.send("GET /pieces?count=1000&size=1000000 HTTP/1.1\r\nHost: a\r\n\r\n");
    in_body.send("POST /collected HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx");
    taken_in.send("POST /counting HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx");
    in_head.send("GET /half HTTP/1.1\r\nHost: a\r\n");
    eventually(5s, "the stream has begun", [this] { return stream.has_input(); });
    // Whoever connected after the others is served after them.
    REQUIRE(get(address, "/large?size=1").status == 200);
  }
  HttpClient stream;
  HttpClient in_body;
  HttpClient taken_in;
  HttpClient in_head;
  HttpClient idle;
};

}  // namespace

TEST_CASE("stop: what the graceful timeout cuts is in the log, exchange by exchange") {
  RunningServer server(server_app("bodies"), 1, {"--graceful-timeout", "1500ms"});
  const Unfinished clients(server.address);
  server.process.send_signal(SIGTERM);
  CHECK(server.process.wait_for_exit().code == 0);
  server.process.wait_for_log(
      "a worker did not finish within the graceful timeout and is ended slot=0");
  const std::string stream = server.process.wait_for_log_line("target=\"/pieces");
  CHECK(stream.find("an exchange was cut") != std::string::npos);
  CHECK(stream.find("method=GET") != std::string::npos);
  CHECK(stream.find("phase=\"sending the response\"") != std::string::npos);
  const std::string seconds = stream.substr(stream.find("seconds=") + 8);
  CHECK(std::stod(seconds) >= 1.4);
  CHECK(std::stod(seconds) < 15);
  CHECK(server.process.wait_for_log_line("target=/collected").find("receiving the body") !=
        std::string::npos);
  CHECK(server.process.wait_for_log_line("target=/counting").find("receiving the body") !=
        std::string::npos);
  server.process.wait_for_log("method=- target=- phase=\"receiving the head\"");
  // The idle one was told, and is no exchange; it is gone by then.
  server.process.wait_for_log("stopped with open connections connections=4 exchanges=4");
}

TEST_CASE("stop: a reload names what it cuts, too, and only that") {
  RunningServer server(server_app("bodies"), 1, {"--graceful-timeout", "1s"});
  Unfinished clients(server.address);
  server.process.send_signal(SIGHUP);
  server.process.wait_for_log("stopped with open connections connections=2 exchanges=2");
  server.process.wait_for_log("target=\"/pieces");
  server.process.wait_for_log("target=/counting");
  server.process.wait_for_generation(2, 1);
  clients.in_body.send("12345678");
  CHECK(clients.in_body.read_response().status == 200);
  clients.in_head.send("\r\n");
  CHECK(clients.in_head.read_response().status == 404);
  CHECK(clients.idle.get("/large?size=5").status == 200);
  CHECK(server.process.log().find("target=/collected") == std::string::npos);
}

TEST_CASE("stop: a handler that hangs is named with its request") {
  const TemporaryFolder folder;
  RunningServer server(
      server_app("scripted"), 1,
      {"--graceful-timeout", "1s", "--env", "SCRIPTED_STARTED=" + (folder / "started").string()});
  HttpClient client(server.address);
  client.send("GET /sleep/60000 HTTP/1.1\r\nHost: a\r\n\r\n");
  eventually(5s, "its handler runs", [&] { return std::filesystem::exists(folder / "started"); });
  server.process.send_signal(SIGTERM);
  CHECK(server.process.wait_for_exit().code == 0);
  const std::string line = server.process.wait_for_log_line("did not finish within the graceful");
  CHECK(line.find("method=GET target=/sleep/60000") != std::string::npos);
  CHECK(line.find("connections=1") != std::string::npos);
  server.process.wait_for_log("phase=\"in the handler\"");
}
