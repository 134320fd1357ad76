#include "master/build_folder.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>
#include <vector>

#include <doctest/doctest.h>

#include "support/temporary_folder.h"
#include "support/text_search.h"

using namespace appserver;
using appserver::test::contains;
namespace fs = std::filesystem;

namespace {

// A folder that only its owner may write to.
struct ReleaseFolder {
  test::TemporaryFolder folder;
  std::string path = folder.path();

  void put(const std::string& name, mode_t mode = 0644) const {
    std::ofstream(folder / name) << "no app";
    REQUIRE(::chmod((folder / name).c_str(), mode) == 0);
  }
  void set_age(const std::string& name, int hours) const {
    const auto now = fs::file_time_type::clock::now();
    fs::last_write_time(folder / name, now - std::chrono::hours(hours));
  }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> names;
    const auto builds = master::builds_in(path);
    REQUIRE_MESSAGE(builds.has_value(), builds.error().message);
    for (const auto& build : *builds) {
      names.push_back(build.name);
    }
    return names;
  }
  [[nodiscard]] std::string complaint() const {
    const auto builds = master::builds_in(path);
    return builds ? "" : builds.error().message;
  }
};

}  // namespace

TEST_CASE("builds_in: the newest comes first, whatever the names say") {
  const ReleaseFolder releases;
  releases.put("1.so");
  releases.put("2.so");
  releases.put(".3.so");
  fs::create_directory(releases.folder / "4.so");
  releases.set_age("2.so", 1);
  CHECK(releases.names() == std::vector<std::string>{"1.so", "2.so"});
}

TEST_CASE("builds_in: a link counts as what it leads to, and for nothing when that is missing") {
  const ReleaseFolder releases;
  releases.put("1.so");
  fs::create_symlink("1.so", releases.folder / "current.so");
  fs::create_symlink("gone", releases.folder / "broken.so");
  CHECK(releases.names() == std::vector<std::string>{"current.so", "1.so"});
}

TEST_CASE("builds_in: a file that is written over is another build") {
  const ReleaseFolder releases;
  releases.put("1.so");
  const auto before = master::builds_in(releases.path).value().front();
  releases.set_age("1.so", 1);
  CHECK(master::builds_in(releases.path).value().front().stamp != before.stamp);
}

TEST_CASE("builds_in: a folder that others may write to is refused") {
  for (const mode_t mode : {0775U, 0757U, 0777U, 01777U}) {
    CAPTURE(mode);
    const ReleaseFolder releases;
    REQUIRE(::chmod(releases.path.c_str(), mode) == 0);
    CHECK(contains(releases.complaint(), "chmod go-w " + releases.path));
  }
}

TEST_CASE("builds_in: a folder on the way that others may write to is refused") {
  const ReleaseFolder releases;
  const std::string inner = releases.folder / "inner";
  fs::create_directory(inner);
  REQUIRE(::chmod(inner.c_str(), 0755) == 0);
  CHECK(master::builds_in(inner).has_value());
  REQUIRE(::chmod(releases.path.c_str(), 0777) == 0);
  const auto refused = master::builds_in(inner);
  REQUIRE_FALSE(refused.has_value());
  CHECK(contains(refused.error().message, "chmod go-w " + releases.path));
}

TEST_CASE("builds_in: a release that others may write to is refused") {
  const ReleaseFolder releases;
  releases.put("1.so", 0666);
  CHECK(contains(releases.complaint(), "chmod go-w " + releases.path + "/1.so"));
}

TEST_CASE("builds_in: a folder that is missing, or is none, is refused") {
  const ReleaseFolder releases;
  releases.put("file");
  CHECK(contains(master::builds_in(releases.folder / "gone").error().message, "No such file"));
  CHECK(contains(master::builds_in(releases.folder / "file").error().message, "is not a folder"));
}

TEST_CASE("newest_in: says why there is nothing to begin with") {
  const ReleaseFolder releases;
  CHECK(contains(master::newest_in(releases.path).error().message,
                 "no file whose name ends with .so"));
  releases.put("1.so");
  CHECK(contains(master::newest_in(releases.path).error().message, "1.so is not an ELF file"));
}

TEST_CASE("with_app: --reload and --watch-dir exclude each other") {
  config::Options options;
  options.app = "app.so";
  options.reload = true;
  CHECK(master::with_app(options).has_value());
  options.watch_dir = "/tmp";
  CHECK_FALSE(master::with_app(options).has_value());
}
