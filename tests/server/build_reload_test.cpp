// --reload: what a developer builds is served, and what does not load is told.
#include <chrono>
#include <filesystem>
#include <fstream>
#include <signal.h>
#include <string>

#include <doctest/doctest.h>

#include "support/http_client.h"
#include "support/read_file.h"
#include "support/running_server.h"
#include "support/text_search.h"

using namespace appserver::test;
namespace fs = std::filesystem;

namespace {

constexpr const char* kFailure = "THE NEW BUILD IS NOT SERVED";

// A folder with builds, and a server that follows the app in it.
struct Workshop {
  TemporaryFolder folder;
  fs::path app = folder / "build/app.so";

  Workshop() {
    fs::create_directory(folder / "build");
    build("good_v1");
  }
  [[nodiscard]] RunningServer serve() const {
    return RunningServer(app, 1, {"--reload", "--keep-releases", "0"});
  }
  void build(const std::string& name) const { copy_over(fixture_app(name), app); }
  // As linkers and installers do it that care about who reads the file meanwhile.
  void build_aside(const std::string& name) const {
    copy_over(fixture_app(name), folder / "build/app.so.tmp");
    fs::rename(folder / "build/app.so.tmp", app);
  }
};

void wait_for(const RunningServer& server, const std::string& answer) {
  eventually(10s, answer + " is served", [&] { return get(server.address, "/").body == answer; });
}

}  // namespace

TEST_CASE("--reload: a build is served when it is written in place, renamed, or removed before") {
  const Workshop workshop;
  RunningServer server = workshop.serve();
  server.process.wait_for_log("--reload is for development");
  workshop.build("good_v2");
  wait_for(server, "v2");
  workshop.build_aside("good_v1");
  wait_for(server, "v1");
  fs::remove(workshop.app);
  workshop.build("good_v2");
  wait_for(server, "v2");
}

TEST_CASE("--reload: a build that fails is told once with the reason, and the old one serves on") {
  const Workshop workshop;
  RunningServer server = workshop.serve();
  workshop.build("load_hook_fails");
  const std::string line = server.process.wait_for_log_line(kFailure);
  CHECK(line.find("cannot read prices.csv") != line.npos);
  CHECK(get(server.address, "/").body == "v1");
  workshop.build("good_v2");
  wait_for(server, "v2");
  CHECK(occurrences(server.process.log(), kFailure) == 1);
}

TEST_CASE("--reload: a file that is open, or cut off, is not served") {
  const Workshop workshop;
  RunningServer server = workshop.serve();
  const std::string whole = read_file(fixture_app("good_v2"));
  {
    std::ofstream file(workshop.app, std::ios::binary | std::ios::trunc);
    file << whole.substr(0, whole.size() / 2) << std::flush;
    // What is beside it is deployed by nobody's leave while the writer is at work.
    copy_over(fixture_app("good_v1"), workshop.folder / "build/other.so");
    CHECK(get(server.address, "/").body == "v1");
  }
  const std::string line = server.process.wait_for_log_line(kFailure);
  CHECK(line.find("is damaged or not complete") != line.npos);
  CHECK(get(server.address, "/").body == "v1");
  workshop.build("good_v2");
  wait_for(server, "v2");
}

TEST_CASE("--reload: a build folder that is deleted and made anew is followed") {
  const Workshop workshop;
  RunningServer server = workshop.serve();
  fs::remove_all(workshop.folder / "build");
  fs::create_directory(workshop.folder / "build");
  workshop.build("good_v2");
  wait_for(server, "v2");
}

TEST_CASE("--reload: a link that is turned is followed") {
  const Workshop workshop;
  const fs::path link = workshop.folder / "current.so";
  copy_over(fixture_app("good_v2"), workshop.folder / "build/next.so");
  fs::create_symlink("build/app.so", link);
  RunningServer server(link, 1, {"--reload", "--keep-releases", "0"});
  fs::create_symlink("build/next.so", workshop.folder / "turned");
  fs::rename(workshop.folder / "turned", link);
  wait_for(server, "v2");
}

TEST_CASE("--reload: a library that the app brings along is followed") {
  const Workshop workshop;
  const fs::path fixtures = fs::path(fixture_app("good_v1")).parent_path();
  fs::create_directory(workshop.folder / "build/lib");
  for (const char* const library : {"libfixture_greeting.so", "libfixture_words.so"}) {
    copy_over(fixtures / "lib" / library, workshop.folder / "build/lib" / library);
  }
  workshop.build("uses_origin_library");
  RunningServer server = workshop.serve();
  const std::string library = workshop.folder / "build/lib/libfixture_words.so";
  // Other bytes behind the last section are another build, and load as before.
  std::ofstream(library, std::ios::app) << "built anew";
  const std::string line = server.process.wait_for_log_line("deploying");
  CHECK(line.find("who=reload") != line.npos);
  server.process.wait_for_log("the generation is live generation=2");
}

TEST_CASE("--reload: the same build again is no deploy") {
  const Workshop workshop;
  RunningServer server = workshop.serve();
  workshop.build("good_v1");
  workshop.build_aside("good_v1");
  workshop.build("good_v2");
  wait_for(server, "v2");
  CHECK(occurrences(server.process.log(), "deploying") == 1);
}

TEST_CASE("--reload: HUP turns it on") {
  const Workshop workshop;
  const fs::path configuration = workshop.folder / "app.toml";
  write_over(configuration, "reload = false\nkeep_releases = 0\n");
  RunningServer server(workshop.app, 1, {"--config", configuration});
  write_over(configuration, "reload = true\nkeep_releases = 0\n");
  server.process.send_signal(SIGHUP);
  server.process.wait_for_log("--reload is for development");
  workshop.build("good_v2");
  wait_for(server, "v2");
}
