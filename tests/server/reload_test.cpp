// New releases while clients are being served, good ones and broken ones.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <signal.h>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/http_client.h"
#include "support/load_client.h"
#include "support/running_server.h"

using namespace appserver::test;

namespace {

// A server whose app is a file that the test changes. The app answers with its version.
struct Deployment {
  Deployment() { copy_over(fixture_app("good_v1"), app); }

  TemporaryFolder folder;
  std::filesystem::path app = folder / "app.so";
};

std::vector<pid_t> pids_of(const std::vector<WorkerEntry>& workers) {
  std::vector<pid_t> pids;
  for (const WorkerEntry& worker : workers) {
    pids.push_back(worker.pid);
  }
  return pids;
}

// After `change` of the app's file, and without a reload, kills a worker and expects the old
// release from its successor.
template <typename Change>
void check_old_release_survives(Change change) {
  Deployment deployment;
  RunningServer server(deployment.app, 1);
  const pid_t before = server.process.workers()[0].pid;
  change(deployment.app);
  CHECK(get(server.address, "/").body == "v1");
  REQUIRE(::kill(before, SIGKILL) == 0);
  eventually(5s, "the worker is replaced", [&] {
    const auto now = server.process.workers();
    return now.size() == 1 && now[0].pid != before;
  });
  CHECK(get(server.address, "/").body == "v1");
  CHECK(server.process.workers()[0].generation == 1);
}

// Reloads with a broken file and expects that the log says `why` and nothing else changes.
template <typename Change>
void check_reload_fails(const std::string& why, Change change) {
  Deployment deployment;
  RunningServer server(deployment.app);
  const auto before = pids_of(server.process.workers());
  LoadClient load(server.address, "/", 4);
  load.wait_for_answers(100);
  change(deployment.app);
  server.process.send_signal(SIGHUP);
  server.process.wait_for_log(why, 20s);
  eventually(10s, "only the old generation is left", [&] {
    return server.process.zygotes().size() == 1 && pids_of(server.process.workers()) == before;
  });
  load.wait_for_answers(100);
  const LoadCounts counts = load.stop();
  CAPTURE(counts.text());
  CHECK(counts.failed() == 0);
  CHECK(counts.answered.size() == 1);
  CHECK(counts.answered.contains("v1"));

  // A good file afterwards is taken.
  copy_over(fixture_app("good_v2"), deployment.app);
  server.process.send_signal(SIGHUP);
  eventually(20s, "the new version answers", [&] { return get(server.address, "/").body == "v2"; });
}

}  // namespace

TEST_CASE("reload: HUP brings the new version, and no client fails meanwhile") {
  Deployment deployment;
  RunningServer server(deployment.app, 3, {"--standby-timeout", "500ms"});
  LoadClient load(server.address, "/", 16);
  load.wait_for_answers(200);
  copy_over(fixture_app("good_v2"), deployment.app);
  server.process.send_signal(SIGHUP);
  server.process.wait_for_generation(2, 3);
  load.wait_for_answers(200);
  const LoadCounts counts = load.stop();
  CAPTURE(counts.text());
  CHECK(counts.failed() == 0);
  CHECK(counts.answered.contains("v1"));
  CHECK(counts.answered.contains("v2"));
  CHECK(get(server.address, "/").body == "v2");
  eventually(10s, "the old zygote has left", [&] { return server.process.zygotes().size() == 1; });
  CHECK(server.process.zygotes()[0].generation == 2);
}

TEST_CASE("reload: a worker leaves when its substitute is ready, however long that takes") {
  RunningServer server(server_app("scripted"), 1, {"--env", "SCRIPTED_START_TAKES=600"});
  // The first start takes as long; the load begins after it.
  REQUIRE(get(server.address, "/pid").status == 200);
  LoadClient load(server.address, "/pid", 4);
  load.wait_for_answers(100);
  server.process.send_signal(SIGHUP);
  server.process.wait_for_generation(2, 1);
  load.wait_for_answers(100);
  const LoadCounts counts = load.stop();
  CAPTURE(counts.text());
  CHECK(counts.failed() == 0);
  CHECK(counts.answered.size() == 2);
  // Were the only worker gone before, somebody would have waited for the start of the other.
  CHECK(counts.max_latency_ms < 400);
}

TEST_CASE("reload: a request in progress is finished by the old version") {
  const TemporaryFolder folder;
  const auto started = folder / "started";
  RunningServer server(server_app("scripted"), 1,
                       {"--env", "SCRIPTED_STARTED=" + started.string()});
  HttpClient client(server.address);
  client.send("GET /sleep/1000 HTTP/1.1\r\nHost: test\r\n\r\n");
  eventually(5s, "the handler runs", [&] { return std::filesystem::exists(started); });
  server.process.send_signal(SIGHUP);
  const HttpResponse response = client.read_response();
  CHECK(response.status == 200);
  CHECK(response.body == "slept");
  server.process.wait_for_generation(2, 1);
}

TEST_CASE("reload: many in a row end with the last one, and nothing old is left") {
  Deployment deployment;
  RunningServer server(deployment.app, 2, {"--standby-timeout", "0"});
  LoadClient load(server.address, "/", 8);
  load.wait_for_answers(50);
  for (int i = 0; i < 20; ++i) {
    copy_over(fixture_app(i % 2 == 0 ? "good_v2" : "good_v1"), deployment.app);
    server.process.send_signal(SIGHUP);
    // Some come before the last one is done and supersede it, at whatever stage it is.
    load.wait_for_answers(static_cast<std::uint64_t>(1 + 10 * (i % 4)));
  }
  copy_over(fixture_app("good_v2"), deployment.app);
  server.process.send_signal(SIGHUP);
  eventually(30s, "one zygote and two workers of one generation, the last one", [&] {
    const auto zygotes = server.process.zygotes();
    const auto workers = server.process.workers();
    return zygotes.size() == 1 && workers.size() == 2 &&
           workers[0].generation == zygotes[0].generation &&
           workers[1].generation == zygotes[0].generation && get(server.address, "/").body == "v2";
  });
  const LoadCounts counts = load.stop();
  CAPTURE(counts.text());
  CHECK(counts.failed() == 0);
}

TEST_CASE("reload: a file that is no shared object changes nothing, and the log says so") {
  check_reload_fails("app.so", [](const auto& app) { write_over(app, "garbage"); });
}

TEST_CASE("reload: an empty or missing file changes nothing, and the log says so") {
  check_reload_fails("app.so", [](const auto& app) { write_over(app, ""); });
  check_reload_fails("app.so", [](const auto& app) { std::filesystem::remove(app); });
}

TEST_CASE("reload: an app whose load hook fails changes nothing, and the log has its reason") {
  check_reload_fails("cannot read prices.csv",
                     [](const auto& app) { copy_over(fixture_app("load_hook_fails"), app); });
}

TEST_CASE("reload: an app that crashes while loading changes nothing") {
  check_reload_fails("the generation failed",
                     [](const auto& app) { copy_over(fixture_app("load_hook_crashes"), app); });
}

TEST_CASE("reload: an app whose workers cannot start changes nothing, and the log has its reason") {
  check_reload_fails("the database is away",
                     [](const auto& app) { copy_over(server_app("worker_start_fails"), app); });
}

TEST_CASE("reload: without HUP, overwriting the file harms neither workers nor their successors") {
  check_old_release_survives([](const auto& app) { write_over(app, "garbage"); });
  check_old_release_survives([](const auto& app) { copy_over(fixture_app("good_v2"), app); });
}

TEST_CASE("reload: without HUP, truncating the file harms neither workers nor their successors") {
  check_old_release_survives([](const auto& app) { write_over(app, ""); });
}

TEST_CASE("reload: without HUP, deleting the file harms neither workers nor their successors") {
  check_old_release_survives([](const auto& app) { std::filesystem::remove(app); });
}

TEST_CASE("reload: a zygote that dies after the file was changed comes back with its old release") {
  Deployment deployment;
  RunningServer server(deployment.app, 1);
  write_over(deployment.app, "garbage");
  const pid_t zygote = server.process.zygotes().at(0).pid;
  const pid_t worker = server.process.workers().at(0).pid;
  REQUIRE(::kill(zygote, SIGKILL) == 0);
  REQUIRE(::kill(worker, SIGKILL) == 0);
  eventually(10s, "another worker", [&] {
    const auto now = server.process.workers();
    return now.size() == 1 && now[0].pid != worker;
  });
  CHECK(get(server.address, "/").body == "v1");
}
