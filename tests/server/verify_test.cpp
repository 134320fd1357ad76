// Releases that have to pass checks before they get a client.
#include <filesystem>
#include <signal.h>
#include <string>

#include <doctest/doctest.h>

#include "server/deploying_server.h"
#include "support/http_client.h"
#include "support/load_client.h"

using namespace appserver::test;

namespace {

constexpr const char* kCheck = "[[deploy.check]]\npath = \"/check\"\nbody = \"ready: [a-z]+\"\n";

// Deploys, expects that the log says `why`, and that no client and no worker noticed.
void check_refused(DeployingServer& server, const std::string& release, const std::string& why) {
  const auto before = server.workers();
  LoadClient load(server.address(), "/", 4);
  load.wait_for_answers(50);
  server.deploy(release);
  server.process().wait_for_log(why, 20s);
  eventually(10s, "only the old generation is left",
             [&] { return server.process().zygotes().size() == 1; });
  load.wait_for_answers(50);
  const LoadCounts counts = load.stop();
  CAPTURE(counts.text());
  CHECK(counts.failed() == 0);
  CHECK(counts.answered.size() == 1);
  CHECK(counts.answered.contains("good"));
  CHECK(server.workers() == before);
}

bool has_passing_folder(pid_t master) {
  for (const auto& entry : std::filesystem::directory_iterator("/tmp")) {
    if (entry.path().filename().string().starts_with("appserverd-verify-" +
                                                     std::to_string(master))) {
      return true;
    }
  }
  return false;
}

}  // namespace

TEST_CASE("verify: a release that passes its checks is rolled out, and nothing of them is left") {
  DeployingServer server(std::string("verify_command = \"test -S $APPSERVERD_VERIFY_SOCKET\"\n") +
                         kCheck + "repeat = 5\n");
  LoadClient load(server.address(), "/", 8);
  server.deploy("release_good");
  server.process().wait_for_generation(2, 3);
  server.process().wait_for_log("check=\"GET /check\"");
  server.process().wait_for_log("check=\"the command of --verify-command\"");
  load.wait_for_answers(50);
  const LoadCounts counts = load.stop();
  CAPTURE(counts.text());
  CHECK(counts.failed() == 0);
  eventually(5s, "the checked worker and its socket are gone", [&] {
    return !has_passing_folder(server.process().pid()) &&
           server.process().processes().size() == 1 + 2 + 3;  // With the zygote on standby.
  });
}

TEST_CASE("verify: an answer that is not as wished ends the deploy and says what it was") {
  DeployingServer server("[[deploy.check]]\npath = \"/check\"\nbody = \"ready: (good|slow)$\"\n");
  check_refused(server, "release_failing",
                "the check GET /check failed: its answer has no 'ready: (good|slow)$'; it begins "
                "'ready: failing'");
}

TEST_CASE("verify: another status than the wished one ends the deploy") {
  DeployingServer server("[[deploy.check]]\npath = \"/nowhere\"\n");
  check_refused(server, "release_good",
                "the check GET /nowhere failed: it was answered 404 instead of 200");
}

TEST_CASE("verify: a release that crashes under its check harms nobody") {
  DeployingServer server("[[deploy.check]]\npath = \"/crash\"\n");
  // Its end and the answer to the check are told by different processes: either may be first.
  check_refused(server, "release_good", "the worker that was to be verified was ended by SIGSEGV");
}

TEST_CASE("verify: a release that does not answer in time ends the deploy") {
  DeployingServer server("[[deploy.check]]\npath = \"/hang\"\ndeadline = \"300ms\"\n");
  check_refused(server, "release_good", "the check GET /hang failed: it was not answered in time");
}

TEST_CASE("verify: a command that fails ends the deploy with its words") {
  DeployingServer server("verify_command = \"echo the schema is too old >&2; exit 3\"\n");
  check_refused(server, "release_good",
                "the command of --verify-command failed: it exited with status 3; it said: the "
                "schema is too old");
}

TEST_CASE("verify: a command that hangs is ended with all that it started") {
  DeployingServer server(
      "verify_timeout = \"500ms\"\nverify_command = \"sleep 1234 & sleep 1234\"\n");
  check_refused(server, "release_good", "its verification was not over within 500 ms");
  eventually(5s, "nothing of the command is left",
             [&] { return server.process().processes().size() == 1 + 1 + 3; });
}

TEST_CASE("verify: a zygote that is killed meanwhile ends the deploy, and nobody notices") {
  DeployingServer server("[[deploy.check]]\npath = \"/hang\"\ndeadline = \"60s\"\n");
  const auto before = server.workers();
  LoadClient load(server.address(), "/", 4);
  server.deploy("release_good");
  eventually(10s, "the second zygote", [&] { return server.process().zygotes().size() == 2; });
  const pid_t green = server.process().zygotes().back().pid;
  REQUIRE(::kill(green, SIGKILL) == 0);
  server.process().wait_for_log("the generation failed generation=2");
  load.wait_for_answers(50);
  CHECK(load.stop().failed() == 0);
  CHECK(server.workers() == before);
}
