// --watch-dir: the newest complete release of a folder is what is served.
#include <filesystem>
#include <fstream>
#include <signal.h>
#include <string>
#include <sys/stat.h>
#include <vector>

#include <doctest/doctest.h>

#include "support/http_client.h"
#include "support/load_client.h"
#include "support/running_server.h"

using namespace appserver::test;
namespace fs = std::filesystem;

namespace {

constexpr const char* kFailure = "THE NEW BUILD IS NOT SERVED";

struct ReleaseFolder {
  TemporaryFolder folder;
  fs::path releases = folder / "releases";

  ReleaseFolder() { make(); }
  void make() const {
    fs::create_directory(releases);
    REQUIRE(::chmod(releases.c_str(), 0755) == 0);
  }
  void put(const std::string& name, const std::string& fixture) const {
    copy_over(fixture_app(fixture), releases / ("." + name + ".tmp"));
    fs::rename(releases / ("." + name + ".tmp"), releases / name);
  }
  [[nodiscard]] std::vector<std::string> options() const {
    return {"-b",          "127.0.0.1:0", "-w",          "2",
            "--watch-dir", releases,      "--state-dir", folder / "state"};
  }
};

// A server that was given the folder and no app.
struct Follower {
  ServerProcess process;
  Address address;

  explicit Follower(const ReleaseFolder& folder, std::vector<std::string> extra = {})
      : process(joined(folder.options(), std::move(extra))),
        address(process.wait_until_listening()) {
    process.wait_for_log("the generation is live");
  }
  static std::vector<std::string> joined(std::vector<std::string> options,
                                         std::vector<std::string> extra) {
    options.insert(options.end(), extra.begin(), extra.end());
    return options;
  }
  void wait_for(const std::string& answer) const {
    eventually(10s, answer + " is served", [&] { return get(address, "/").body == answer; });
  }
};

// Expects that a server with this folder does not start, and says why.
void check_refused(const ReleaseFolder& folder, const std::string& why) {
  ServerProcess server(folder.options());
  CHECK(server.wait_for_exit().code == 1);
  CHECK_MESSAGE(server.log().find(why) != std::string::npos, server.log());
}

}  // namespace

TEST_CASE("--watch-dir: without an app the newest release is served, then each newer one") {
  const ReleaseFolder folder;
  folder.put("app-1.so", "load_hook_fails");
  folder.put("app-2.so", "good_v1");
  Follower server(folder);
  CHECK(get(server.address, "/").body == "v1");
  LoadClient load(server.address, "/", 4);
  load.wait_for_answers(100);
  folder.put("app-3.so", "good_v2");
  server.wait_for("v2");
  const std::string line = server.process.wait_for_log_line("deploying");
  CHECK(line.find("app-3.so") != line.npos);
  CHECK(line.find("who=watch-dir") != line.npos);
  const LoadCounts counts = load.stop();
  CHECK_MESSAGE(counts.failed() == 0, counts.text());
}

TEST_CASE("--watch-dir: a release that fails is tried once, until it is another file") {
  const ReleaseFolder folder;
  folder.put("app-1.so", "good_v1");
  Follower server(folder);
  folder.put("app-2.so", "load_hook_fails");
  server.process.wait_for_log(kFailure);
  folder.put("app-0.so.tmp", "good_v2");  // News that change nothing.
  folder.put("app-2.so", "good_v2");
  server.wait_for("v2");
  std::size_t deploys = 0;
  const std::string log = server.process.log();
  for (std::size_t at = log.find("deploying"); at != log.npos; at = log.find("deploying", at + 1)) {
    ++deploys;
  }
  CHECK(deploys == 2);
}

TEST_CASE("--watch-dir: a release that is deleted makes way for the one before it") {
  const ReleaseFolder folder;
  folder.put("app-1.so", "good_v1");
  Follower server(folder);
  folder.put("app-2.so", "good_v2");
  server.wait_for("v2");
  fs::remove(folder.releases / "app-2.so");
  server.wait_for("v1");
}

TEST_CASE("--watch-dir: an app that is given comes first, and then the folder") {
  const ReleaseFolder folder;
  Follower server(folder, {fixture_app("good_v1")});
  CHECK(get(server.address, "/").body == "v1");
  folder.put("app-1.so", "good_v2");
  server.wait_for("v2");
}

TEST_CASE("--watch-dir: releases pass the checks of a deploy") {
  const ReleaseFolder folder;
  folder.put("app-1.so", "good_v1");
  write_over(folder.folder / "app.toml", "[[deploy.check]]\npath = \"/\"\nbody = \"v1\"\n");
  Follower server(folder, {"--config", folder.folder / "app.toml"});
  folder.put("app-2.so", "good_v2");
  const std::string line = server.process.wait_for_log_line(kFailure);
  CHECK(line.find("app-2.so") != line.npos);
  CHECK(get(server.address, "/").body == "v1");
}

TEST_CASE("--watch-dir: while a release is rolled out the newest one waits") {
  const ReleaseFolder folder;
  folder.put("app-1.so", "good_v1");
  Follower server(folder, {"--deploy-watch", "1s"});
  folder.put("app-2.so", "good_v2");
  server.process.wait_for_log("deploying generation=2");
  folder.put("app-3.so", "load_hook_fails");
  folder.put("app-4.so", "good_v1");
  server.process.wait_for_log("deploying generation=3");
  server.wait_for("v1");
  CHECK(server.process.log().find("app-3.so") == std::string::npos);
}

TEST_CASE("--watch-dir: an upgrade in place does not try again what has failed") {
  const ReleaseFolder folder;
  folder.put("app-1.so", "good_v1");
  Follower server(folder);
  folder.put("app-2.so", "load_hook_fails");
  server.process.wait_for_log(kFailure);
  server.process.send_signal(SIGUSR2);
  server.process.wait_for_log("the program was upgraded in place");
  folder.put("app-3.so", "good_v2");
  server.wait_for("v2");
  const std::string log = server.process.log();
  CHECK(log.find(kFailure) == log.rfind(kFailure));
  CHECK(log.find("deploying") != log.rfind("deploying"));
}

TEST_CASE("--watch-dir: a folder that disappears is a warning, and is found again") {
  const ReleaseFolder folder;
  folder.put("app-1.so", "good_v1");
  Follower server(folder);
  fs::remove_all(folder.releases);
  server.process.wait_for_log("new builds are not noticed");
  CHECK(get(server.address, "/").body == "v1");
  folder.make();
  server.process.wait_for_log("new builds are noticed again");
  folder.put("app-2.so", "good_v2");
  server.wait_for("v2");
}

TEST_CASE("--watch-dir: a folder that others may write to while the server runs is not read") {
  const ReleaseFolder folder;
  folder.put("app-1.so", "good_v1");
  Follower server(folder);
  REQUIRE(::chmod(folder.releases.c_str(), 0777) == 0);
  server.process.wait_for_log("others than the owner may write");
  folder.put("app-2.so", "good_v2");
  REQUIRE(::chmod(folder.releases.c_str(), 0755) == 0);
  server.wait_for("v2");
}

TEST_CASE("--watch-dir: what cannot be followed is a configuration error at the start") {
  const ReleaseFolder folder;
  SUBCASE("nothing to begin with") {
    check_refused(folder, "there is no release to begin with");
  }
  SUBCASE("a folder that others may write to") {
    folder.put("app-1.so", "good_v1");
    REQUIRE(::chmod(folder.releases.c_str(), 0777) == 0);
    check_refused(folder, "chmod go-w");
  }
  SUBCASE("no folder") {
    fs::remove_all(folder.releases);
    check_refused(folder, "No such file or directory");
  }
}
