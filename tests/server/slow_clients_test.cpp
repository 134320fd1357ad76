// Clients that are slow on purpose, or too many: they cost memory within bounds, and nobody else's
// time.
#include <memory>
#include <string>
#include <sys/resource.h>
#include <vector>

#include <doctest/doctest.h>

#include "support/http_client.h"
#include "support/read_file.h"
#include "support/running_server.h"
#include "support/worker_memory.h"

using namespace appserver::test;

namespace {

using Clock = std::chrono::steady_clock;

milliseconds time_for(const RunningServer& server) {
  const auto before = Clock::now();
  CHECK(get(server.address, "/large?size=10").status == 200);
  return std::chrono::duration_cast<milliseconds>(Clock::now() - before);
}

// Lets the test hold as many sockets as it may; the server that it starts inherits the limit.
void allow_many_descriptors() {
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = limit.rlim_max;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

class Crowd {
 public:
  void join(const Address& address, std::string_view bytes) {
    members_.push_back(std::make_unique<HttpClient>(address));
    members_.back()->send(bytes);
  }
  [[nodiscard]] std::vector<std::unique_ptr<HttpClient>>& members() { return members_; }

 private:
  std::vector<std::unique_ptr<HttpClient>> members_;
};

}  // namespace

TEST_CASE(
    "slow clients: half-sent heads and unread responses delay nobody and cost bounded memory") {
  allow_many_descriptors();
  constexpr int kEach = 1000;
  const RunningServer server(server_app("bodies"), 1);
  static_cast<void>(time_for(server));
  const std::uint64_t before = worker_memory(server);
  Crowd crowd;
  for (int i = 0; i < kEach; ++i) {
    crowd.join(server.address, "GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ");
    crowd.join(server.address, "GET /pieces?count=100000&size=65536 HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  eventually(20s, "all streams have begun", [&] {
    for (std::size_t i = 1; i < crowd.members().size(); i += 2) {
      if (!crowd.members()[i]->has_input()) {
        return false;
      }
    }
    return true;
  });
  for (int i = 0; i < 20; ++i) {
    CHECK(time_for(server) < 200ms);
  }
  // A half-sent head takes a few KiB; a stream that waits holds the pieces of 64 KiB that the app
  // wrote last.
  const std::uint64_t per_pair = (worker_memory(server) - before) / kEach;
  MESSAGE("memory for a half-sent head and a waiting stream: " << per_pair << " KiB");
  CHECK((!kMemoryTellsSomething || per_pair < 300));
}

TEST_CASE("slow clients: idle keep-alive connections cost less than a KiB each") {
  allow_many_descriptors();
  constexpr int kIdle = 4000;
  const RunningServer server(server_app("bodies"), 1, {"--worker-connections", "10000"});
  static_cast<void>(time_for(server));
  const std::uint64_t before = worker_memory(server);
  Crowd crowd;
  for (int i = 0; i < kIdle; ++i) {
    crowd.join(server.address, "GET /large?size=10 HTTP/1.1\r\nHost: a\r\n\r\n");
    REQUIRE(crowd.members().back()->read_response().status == 200);
  }
  const double each = static_cast<double>(worker_memory(server) - before) / kIdle;
  MESSAGE("memory of an idle connection: " << each * 1024 << " bytes");
  CHECK((!kMemoryTellsSomething || each < 1.0));
}

TEST_CASE(
    "slow clients: a body that comes too slowly is answered 408, one that is merely slow is not") {
  const RunningServer server(server_app("bodies"), 1,
                             {"--body-timeout", "500ms", "--body-min-rate", "1K"});
  HttpClient client(server.address);
  client.send("POST /collected HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
  const auto start = Clock::now();
  eventually(10s, "an answer to a byte now and then", [&] {
    client.send("x");
    return client.has_input();
  });
  const HttpResponse response = client.read_response();
  CHECK(response.status == 408);
  CHECK(response.announces_close());
  CHECK(Clock::now() - start >= 500ms);
}

TEST_CASE("slow clients: --peer-connections closes what one address has too many of") {
  const RunningServer server(server_app("bodies"), 1, {"--peer-connections", "3"});
  Crowd crowd;
  for (int i = 0; i < 3; ++i) {
    crowd.join(server.address, "GET /large?size=1 HTTP/1.1\r\nHost: a\r\n\r\n");
    REQUIRE(crowd.members().back()->read_response().status == 200);
  }
  HttpClient excess(server.address);
  excess.wait_for_end();
  CHECK(excess.unread().empty());
  crowd.members().pop_back();
  eventually(5s, "the place of one that left is free", [&] {
    try {
      return get(server.address, "/large?size=1").status == 200;
    } catch (const std::runtime_error&) {  // Not noticed yet.
      return false;
    }
  });
}

TEST_CASE(
    "slow clients: a worker that is out of descriptors goes on, and takes new clients later") {
  rlimit old_limit{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &old_limit) == 0);
  rlimit low = old_limit;
  low.rlim_cur = 40;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
  RunningServer server(server_app("bodies"), 1);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &old_limit) == 0);
  {
    Crowd crowd;
    for (int i = 0; i < 60; ++i) {
      crowd.join(server.address, "GET /large?size=1 HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    server.process.wait_for_log("cannot accept a connection");
    CHECK(crowd.members().front()->read_response().status == 200);
  }
  eventually(10s, "new clients are served again",
             [&] { return get(server.address, "/large?size=1").status == 200; });
  CHECK(server.process.workers().size() == 1);
}
