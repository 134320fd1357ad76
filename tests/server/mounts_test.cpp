// Several apps in one server.
#include <filesystem>
#include <fstream>
#include <signal.h>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "server/upgradable_server.h"
#include "support/http_client.h"
#include "support/load_client.h"
#include "support/read_file.h"
#include "support/running_server.h"

using namespace appserver::test;

namespace {

std::string mounted(int number) {
  return server_app("mounted_" + std::to_string(number));
}

// A site at the root and an app at /api, each in a file that the test changes.
struct TwoApps {
  explicit TwoApps(std::vector<std::string> extra = {}, const std::string& api_file = mounted(2))
      : server((copy_over(mounted(1), site), copy_over(api_file, api), site), 2,
               options(std::move(extra))) {}

  // Of the release that serves at a mount, as the index of the kept ones has it: {"live":2,...}.
  [[nodiscard]] std::string standing(const std::string& mount) const {
    const std::string index = read_file(folder / "state/index.json");
    const std::size_t at = index.find("\"" + mount + "\":{\"live\"");
    return at == std::string::npos ? "" : index.substr(at, index.find('}', at) + 1 - at);
  }

  TemporaryFolder folder;
  std::string site = folder / "site.so";
  std::string api = folder / "api.so";
  RunningServer server;

 private:
  [[nodiscard]] std::vector<std::string> options(std::vector<std::string> extra) const {
    extra.insert(extra.end(), {"--mount", "/api=" + api, "--state-dir", folder / "state"});
    return extra;
  }
};

std::string body_from_host(const Address& address, const std::string& host,
                           const std::string& target) {
  HttpClient client(address);
  client.send("GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
  return client.read_response().body;
}

// The server must not start; returns its log.
std::string log_of_failure(std::vector<std::string> arguments, int exit_code) {
  arguments.insert(arguments.end(), {"--bind", "127.0.0.1:0", "--keep-releases", "0"});
  ServerProcess server(arguments);
  CHECK(server.wait_for_exit().code == exit_code);
  return server.log();
}

}  // namespace

TEST_CASE("mounts: each app has its own paths, as if it had the server for itself") {
  const TwoApps apps({"--threads", "2"});
  const Address& address = apps.server.address;
  CHECK(get(address, "/").body == "mounted 1");
  CHECK(get(address, "/api").body == "mounted 2");
  CHECK(get(address, "/api/").body == "mounted 2");
  CHECK(get(address, "/api/where/a?x=1").body == "/api|/where/a|/api/where/a?x=1");
  CHECK(get(address, "/where/api").body == "|/where/api|/where/api");
  CHECK(get(address, "/apiwhere").status == 404);
  CHECK(get(address, "/api%2fwhere/a").status == 404);
  HttpClient client(address);
  CHECK(client.request("POST", "/api/where/b", std::string(100'000, 'x')).body ==
        "/api|/where/b|/api/where/b");
}

TEST_CASE("mounts: what no app has is 404 of the server, and the connection goes on") {
  ServerProcess process({"--bind", "127.0.0.1:0", "--keep-releases", "0", "--mount",
                         "/api=" + mounted(1), "--mount", "/b=" + mounted(2)});
  HttpClient client(process.wait_until_listening());
  CHECK(client.get("/api").body == "mounted 1");
  CHECK(client.get("/b").body == "mounted 2");
  CHECK(client.get("/").status == 404);
  CHECK(client.request("POST", "/other", "a body").status == 404);
  client.send("HEAD /other HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(client.read_response("HEAD").status == 404);
  CHECK(client.get("/api").body == "mounted 1");
}

TEST_CASE("mounts: a host has apps of its own") {
  const RunningServer server(
      mounted(1), 1, {"--keep-releases", "0", "--mount", "api.example.com/v2=" + mounted(2)});
  CHECK(body_from_host(server.address, "API.example.com:80", "/v2") == "mounted 2");
  CHECK(body_from_host(server.address, "api.example.com", "/") == "mounted 1");
  CHECK(body_from_host(server.address, "www.example.com", "/v2/where/x") != "mounted 2");
}

TEST_CASE("mounts: one of two apps is reloaded alone under load, and no request fails") {
  TwoApps apps;
  CHECK(apps.standing("/") == R"("/":{"live":1,"previous":null})");
  CHECK(apps.standing("/api") == R"("/api":{"live":2,"previous":null})");
  LoadClient site(apps.server.address, "/", 4);
  LoadClient api(apps.server.address, "/api/", 4);
  api.wait_for_answers(200);
  copy_over(fixture_app("good_v2"), apps.api);
  apps.server.process.send_signal(SIGHUP);
  apps.server.process.wait_for_log_line("the generation is live generation=2");
  eventually(10s, "all workers are new", [&] {
    const auto workers = apps.server.process.workers();
    return workers.size() == 2 && workers[0].generation == 2 && workers[1].generation == 2;
  });
  site.wait_for_answers(200);
  api.wait_for_answers(200);
  const LoadCounts site_counts = site.stop();
  LoadCounts api_counts = api.stop();
  CAPTURE(site_counts.text());
  CAPTURE(api_counts.text());
  CHECK(site_counts.failed() == 0);
  CHECK(api_counts.failed() == 0);
  CHECK(site_counts.answered.size() == 1);
  CHECK(api_counts.answered["mounted 2"] > 0);
  CHECK(api_counts.answered["v2"] > 0);
  CHECK(apps.standing("/") == R"("/":{"live":1,"previous":null})");
  CHECK(apps.standing("/api") == R"("/api":{"live":3,"previous":2})");
}

TEST_CASE("mounts: an app that cannot be loaded is named, at the start and at a reload") {
  const std::string bad = fixture_app("load_hook_fails");
  CHECK(log_of_failure({mounted(1), "--mount", "/api=" + bad}, 4).find("mount /api: " + bad) !=
        std::string::npos);
  TwoApps apps;
  const auto before = apps.server.process.workers();
  copy_over(bad, apps.api);
  apps.server.process.send_signal(SIGHUP);
  const std::string line = apps.server.process.wait_for_log_line("the generation failed");
  CHECK(line.find("mount /api: " + apps.api + ": its load hook failed") != std::string::npos);
  CHECK(get(apps.server.address, "/api").body == "mounted 2");
  CHECK(apps.server.process.workers()[0].pid == before[0].pid);
  std::filesystem::remove(apps.api);
  apps.server.process.send_signal(SIGHUP);
  CHECK(apps.server.process.wait_for_log_line("reload refused").find("mount /api: ") !=
        std::string::npos);
}

TEST_CASE("mounts: an app whose worker cannot start is named") {
  const std::string log = log_of_failure(
      {mounted(1), "--workers", "1", "--mount", "/api=" + server_app("worker_start_fails")}, 3);
  CHECK(log.find("mount /api: on_worker_start failed") != std::string::npos);
}

TEST_CASE("mounts: apps with the same globals, and one file twice, have each their own state") {
  const RunningServer server(
      mounted(1), 1,
      {"--keep-releases", "0", "--mount", "/two=" + mounted(2), "--mount", "/again=" + mounted(1)});
  CHECK(get(server.address, "/count").body == "100");
  CHECK(get(server.address, "/two/count").body == "200");
  CHECK(get(server.address, "/two/count").body == "201");
  CHECK(get(server.address, "/again/count").body == "100");
  CHECK(get(server.address, "/count").body == "101");
}

TEST_CASE("mounts: failures, words and crashes are told with their app") {
  const TemporaryFolder reports;
  const std::string report = reports / "report.json";
  TwoApps apps({"--on-crash", "cat > " + report + ".new && mv " + report + ".new " + report});
  CHECK(get(apps.server.address, "/api/fail").status == 500);
  const std::string failed = apps.server.process.wait_for_log_line("request failed");
  CHECK(failed.find("mount=/api ") != std::string::npos);
  CHECK(failed.find("no luck") != std::string::npos);
  CHECK(get(apps.server.address, "/log").body == "logged");
  CHECK(apps.server.process.wait_for_log_line("a word of the app").find("mount=/") !=
        std::string::npos);
  CHECK(get(apps.server.address, "/api/crash").status == 500);
  eventually(10s, "the crash is reported", [&] { return std::filesystem::exists(report); });
  CHECK(read_file(report).find("\"app\":\"" + apps.api + "\"") != std::string::npos);
}

TEST_CASE("mounts: two builds of one private library are refused, as a process has only one") {
  const TemporaryFolder folder;
  const std::filesystem::path from = std::filesystem::path(APPSERVER_FIXTURES);
  for (const char* name : {"one", "two"}) {
    std::filesystem::create_directories(folder / name);
    std::filesystem::copy(from / "lib", std::filesystem::path(folder / name) / "lib");
    copy_over(from / "uses_origin_library.so", std::filesystem::path(folder / name) / "app.so");
  }
  const std::vector<std::string> both = {"--mount", "/one=" + (folder / "one/app.so").string(),
                                         "--mount", "/two=" + (folder / "two/app.so").string()};
  {
    std::vector<std::string> arguments = both;
    arguments.insert(arguments.end(), {"--bind", "127.0.0.1:0", "--keep-releases", "0"});
    ServerProcess same(arguments);
    CHECK(get(same.wait_until_listening(), "/two").status == 200);
  }
  std::ofstream(folder / "two/lib/libfixture_greeting.so", std::ios::app) << "another build";
  CHECK(log_of_failure(both, 4).find("another build of the same library") != std::string::npos);
}

TEST_CASE("mounts: an upgrade in place takes all apps over") {
  UpgradableServer server({"--keep-releases", "0", "--mount", "/api=" + mounted(2)}, mounted(1));
  server.upgrade();
  CHECK(get(server.address, "/api").body == "mounted 2");
  server.process.send_signal(SIGHUP);
  server.process.wait_for_log_line("the generation is live generation=2");
  CHECK(get(server.address, "/").body == "mounted 1");
  CHECK(get(server.address, "/api/where/").body == "/api|/where/|/api/where/");
}
