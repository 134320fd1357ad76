// Releases that pass their checks and are bad all the same: watched, and taken back.
#include <chrono>
#include <string>

#include <doctest/doctest.h>

#include "server/deploying_server.h"
#include "support/http_client.h"
#include "support/load_client.h"

using namespace appserver::test;

namespace {

constexpr const char* kCanary =
    "deploy_canary = 1\ndeploy_watch = \"20s\"\nwatch_requests = 50\n"
    "[[deploy.check]]\npath = \"/check\"\n";

// Deploys a release that has to be taken back for the reason `why`.
// Returns: what the clients lived through.
LoadCounts deploy_bad_one(DeployingServer& server, const std::string& release,
                          const std::string& why) {
  LoadClient load(server.address(), "/", 8);
  load.wait_for_answers(300);
  server.deploy(release);
  const std::string line = server.process().wait_for_log_line("the deploy was rolled back", 30s);
  CHECK(line.find(why) != std::string::npos);
  server.process().wait_for_generation(1, 3);
  eventually(10s, "the bad release is gone",
             [&] { return server.process().zygotes().size() == 1; });
  load.wait_for_answers(100);
  const auto after = load.counts();
  load.wait_for_answers(200);
  const LoadCounts counts = load.stop();
  CAPTURE(counts.text());
  CHECK(counts.resets + counts.refused + counts.malformed + counts.unanswered +
            counts.unannounced_closes ==
        0);
  CHECK(counts.other_statuses == after.other_statuses);  // Nothing failed any more.
  return counts;
}

}  // namespace

TEST_CASE("watch: a canary that answers 500 to a tenth of its requests is taken back") {
  DeployingServer server(kCanary);
  const LoadCounts counts = deploy_bad_one(server, "release_failing", "answers were 5xx");
  CHECK(counts.answered.contains("failing"));
  CHECK(counts.other_statuses.size() == 1);
  CHECK(counts.other_statuses.contains(500));
}

TEST_CASE("watch: a canary that crashes under traffic is taken back") {
  DeployingServer server(kCanary);
  const LoadCounts counts =
      deploy_bad_one(server, "release_crashing", "its workers crashed once while it was watched");
  // The request at fault is answered 500, those beside it 503.
  for (const auto& [status, count] : counts.other_statuses) {
    CHECK((status == 500 || status == 503));
  }
}

TEST_CASE("watch: a canary that is slow is taken back") {
  DeployingServer server(kCanary);
  deploy_bad_one(server, "release_slow", "% of its requests took up to");
}

TEST_CASE("watch: without a canary all slots are taken back") {
  DeployingServer server("deploy_watch = \"20s\"\nwatch_requests = 50\n");
  deploy_bad_one(server, "release_failing", "answers were 5xx");
}

TEST_CASE("watch: a good release is live when its time is over, and not before") {
  DeployingServer server("deploy_canary = 1\ndeploy_watch = \"1s\"\n");
  LoadClient load(server.address(), "/", 8);
  const auto start = std::chrono::steady_clock::now();
  server.deploy("release_good");
  server.process().wait_for_log("the generation is live generation=2", 30s);
  CHECK(std::chrono::steady_clock::now() - start >=
        std::chrono::seconds(2));  // The canary, then all.
  CHECK(load.stop().failed() == 0);
}

TEST_CASE("watch: an idle server has nothing to judge by, and goes on") {
  DeployingServer server("deploy_watch = \"500ms\"\n");
  server.deploy("release_failing");
  server.process().wait_for_log("the generation is live generation=2", 30s);
  CHECK(get(server.address(), "/").body == "failing");
}
