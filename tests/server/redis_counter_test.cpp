// The example redis_counter with a real Redis: what its README says, and what happens when Redis
// dies, hangs and returns.
#include <memory>
#include <signal.h>
#include <string>

#include <doctest/doctest.h>

#include "support/eventually.h"
#include "support/http_client.h"
#include "support/load_client.h"
#include "support/redis_server.h"
#include "support/running_server.h"

using namespace appserver::test;

namespace {

struct Counters {
  TemporaryFolder folder{};
  std::string socket = (folder / "redis.sock").string();
  std::unique_ptr<RedisServer> redis = std::make_unique<RedisServer>(socket);
  RunningServer server{example_app("redis_counter"), 2, {"--env", "REDIS=" + socket}};

  void wait_for_answers_by_redis() {
    eventually(10s, "the counters are back",
               [this] { return get(server.address, "/counters/x").status == 200; });
  }
};

}  // namespace

TEST_CASE("redis_counter: counts for all workers together") {
  Counters counters;
  CHECK(get(counters.server.address, "/counters/a").body == "0\n");
  for (int i = 1; i <= 20; ++i) {
    const HttpResponse answer = HttpClient(counters.server.address).request("POST", "/counters/a");
    CHECK(answer.status == 200);
    CHECK(answer.body == std::to_string(i) + "\n");
  }
  CHECK(get(counters.server.address, "/counters/a").body == "20\n");
  CHECK(get(counters.server.address, "/counters/b").body == "0\n");
  CHECK(get(counters.server.address, "/counters/" + std::string(101, 'n')).status == 400);
}

TEST_CASE("redis_counter: a Redis that dies under load costs 503s, and is found again") {
  Counters counters;
  LoadClient load(counters.server.address, "/counters/a", 16);
  load.wait_for_answers(100);
  counters.redis.reset();
  eventually(10s, "503s", [&] { return load.counts().other_statuses[503] > 20; });
  std::filesystem::remove(counters.socket);
  counters.redis = std::make_unique<RedisServer>(counters.socket);
  counters.wait_for_answers_by_redis();
  const auto answered = load.counts().answered_in_all();
  eventually(10s, "answers again",
             [&] { return load.counts().answered_in_all() > answered + 100; });
  const LoadCounts counts = load.stop();
  CAPTURE(counts.text());
  CHECK(counts.failed() == counts.other_statuses.at(503));
  CHECK(counts.other_statuses.size() == 1);
  CHECK(counters.server.process.log().find("a worker crashed") == std::string::npos);
}

TEST_CASE("redis_counter: a Redis that hangs is answered 503 after a second, and found again") {
  Counters counters;
  REQUIRE(get(counters.server.address, "/counters/a").status == 200);
  counters.redis->freeze();
  const HttpResponse answer = get(counters.server.address, "/counters/a");
  CHECK(answer.status == 503);
  CHECK(answer.header("Retry-After") == "1");
  counters.server.process.wait_for_log("Redis does not answer");
  counters.redis->thaw();
  counters.wait_for_answers_by_redis();
}

TEST_CASE("redis_counter: reloads under load lose nothing") {
  Counters counters;
  LoadClient load(counters.server.address, "/counters/a", 16);
  load.wait_for_answers(100);
  for (unsigned generation = 2; generation <= 3; ++generation) {
    counters.server.process.send_signal(SIGHUP);
    counters.server.process.wait_for_generation(generation, 2);
    load.wait_for_answers(100);
  }
  const LoadCounts counts = load.stop();
  CAPTURE(counts.text());
  CHECK(counts.failed() == 0);
}
