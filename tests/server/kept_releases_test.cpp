// Releases that outlive the server, and the one that serves when the app cannot be started.
#include <filesystem>
#include <signal.h>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/http_client.h"
#include "support/running_server.h"

using namespace appserver::test;

namespace {

// Lives of a server, one after the other, with the same app file and the same state folder.
struct Lives {
  explicit Lives(const std::string& first) { put(first); }

  void put(const std::string& file) const { copy_over(file, app); }
  [[nodiscard]] std::vector<std::string> options(std::vector<std::string> extra = {}) const {
    extra.insert(extra.end(), {"--state-dir", folder / "state"});
    return extra;
  }
  // The server runs until it has served, and stops.
  void live_well() const {
    RunningServer server(app, 1, options());
    CHECK(get(server.address, "/").status == 200);
    server.process.send_signal(SIGTERM);
    CHECK(server.process.wait_for_exit().code == 0);
  }

  TemporaryFolder folder;
  std::string app = folder / "app.so";
};

void check_fallback(const std::string& bad_file, const std::string& why) {
  Lives lives(fixture_app("good_v1"));
  lives.live_well();
  lives.put(bad_file);
  RunningServer server(lives.app, 2, lives.options({"--fallback-release"}));
  CHECK(get(server.address, "/").body == "v1");
  const std::string line = server.process.wait_for_log_line("THE APP CANNOT BE STARTED");
  CHECK(line.find(why) != std::string::npos);
  CHECK(line.find("release=1") != std::string::npos);

  // The file that was given is tried again with the next reload.
  lives.put(fixture_app("good_v2"));
  server.process.send_signal(SIGHUP);
  eventually(20s, "the new version answers", [&] { return get(server.address, "/").body == "v2"; });
}

}  // namespace

TEST_CASE("kept releases: the last good one serves when the file is no app") {
  const TemporaryFolder folder;
  write_over(folder / "text", "no app");
  check_fallback(folder / "text", "is not an ELF file");
}

TEST_CASE("kept releases: the last good one serves when the app does not load") {
  check_fallback(fixture_app("load_hook_fails"), "its load hook failed");
}

TEST_CASE("kept releases: without the option, an app that does not load is the end") {
  Lives lives(fixture_app("good_v1"));
  lives.live_well();
  lives.put(fixture_app("load_hook_fails"));
  std::vector<std::string> arguments = lives.options({"--bind", "127.0.0.1:0", lives.app});
  ServerProcess server(arguments);
  CHECK(server.wait_for_exit().code == 4);
}

TEST_CASE("kept releases: with nothing kept there is nothing to fall back to") {
  Lives lives(fixture_app("load_hook_fails"));
  ServerProcess server(lives.options({"--bind", "127.0.0.1:0", "--fallback-release", lives.app}));
  CHECK(server.wait_for_exit().code == 4);
}

TEST_CASE("kept releases: a folder that cannot be used is a warning, and the server serves") {
  Lives lives(fixture_app("good_v1"));
  write_over(lives.folder / "state", "a file");
  RunningServer server(lives.app, 1, lives.options());
  server.process.wait_for_log("no releases are kept");
  CHECK(get(server.address, "/").body == "v1");
}

TEST_CASE("kept releases: a second server of the same folder keeps nothing, and serves") {
  Lives lives(fixture_app("good_v1"));
  RunningServer first(lives.app, 1, lives.options());
  RunningServer second(lives.app, 1, lives.options());
  second.process.wait_for_log("belongs to another server that runs");
  CHECK(get(second.address, "/").body == "v1");
}
