// Releases that outlive the server: a real folder, real files.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "master/release_store.h"
#include "support/temporary_folder.h"

namespace appserver::master {
namespace {

using test::TemporaryFolder;

app::MountedSnapshot snapshot_of(const std::string& name, const std::string& path = "") {
  const std::string file = std::string(APPSERVER_FIXTURES) + "/" + name + ".so";
  return {{"", path, file}, app::take_snapshot(file).value()};
}

ReleaseStore open(const TemporaryFolder& folder, std::size_t keep = 5) {
  return ReleaseStore::open(folder / "state", keep).value();
}

std::size_t files_in(const TemporaryFolder& folder) {
  const std::filesystem::directory_iterator files(folder / "state/files");
  return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

}  // namespace

TEST_CASE("ReleaseStore: what is kept is there again in the next life of the server") {
  const TemporaryFolder folder;
  {
    ReleaseStore store = open(folder);
    CHECK(store.keep(snapshot_of("good_v1"), "start").value() == 1);
    CHECK(store.note_live(1).has_value());
    CHECK(store.keep(snapshot_of("good_v2"), "ctl, uid 0").value() == 2);
    CHECK(store.describe(2, "good", "v2").has_value());
    CHECK(store.note_live(2).has_value());
  }
  ReleaseStore store = open(folder);
  REQUIRE(store.live() != nullptr);
  CHECK(store.live()->number == 2);
  CHECK(store.live()->name == "good");
  CHECK(store.live()->version == "v2");
  CHECK(store.live()->who == "ctl, uid 0");
  CHECK(store.live()->build_id == snapshot_of("good_v2").snapshot.app.build_id);
  REQUIRE(store.previous() != nullptr);
  const auto loaded = store.load(*store.previous());
  REQUIRE(loaded.has_value());
  CHECK(loaded->app.digest == snapshot_of("good_v1").snapshot.app.digest);
  CHECK(loaded->app.path == snapshot_of("good_v1").snapshot.app.path);
}

TEST_CASE("ReleaseStore: each mount has its own live release, and its own number of kept ones") {
  const TemporaryFolder folder;
  ReleaseStore store = open(folder, 2);
  CHECK(store.note_live(store.keep(snapshot_of("good_v1"), "test").value()).has_value());
  CHECK(store.note_live(store.keep(snapshot_of("good_v1", "/api"), "test").value()).has_value());
  CHECK(store.note_live(store.keep(snapshot_of("good_v2", "/api"), "test").value()).has_value());
  CHECK(store.note_live(store.keep(snapshot_of("only_v2", "/api"), "test").value()).has_value());
  CHECK(store.keep(snapshot_of("good_v1", "/api"), "test").value() == 5);
  CHECK(store.live()->number == 1);
  CHECK(store.previous() == nullptr);
  CHECK(store.live("/api")->number == 4);
  CHECK(store.previous("/api")->number == 3);
  CHECK(store.index().find(2) == nullptr);
  CHECK(store.index().find(5) != nullptr);
  CHECK(store.live("/other") == nullptr);
}

TEST_CASE("ReleaseStore: the libraries beside an app are kept with it") {
  const TemporaryFolder folder;
  ReleaseStore store = open(folder);
  const app::MountedSnapshot app = snapshot_of("uses_origin_library");
  const app::Snapshot& snapshot = app.snapshot;
  REQUIRE_FALSE(snapshot.libraries.empty());
  const unsigned number = store.keep(app, "test").value();
  const auto loaded = store.load(*store.index().find(number));
  REQUIRE(loaded.has_value());
  REQUIRE(loaded->libraries.size() == snapshot.libraries.size());
  CHECK(loaded->libraries[0].digest == snapshot.libraries[0].digest);
}

TEST_CASE(
    "ReleaseStore: no more are kept than asked for, and the live, previous and newest ones "
    "always") {
  const TemporaryFolder folder;
  ReleaseStore store = open(folder, 2);
  for (const char* name : {"good_v1", "good_v2"}) {
    CHECK(store.note_live(store.keep(snapshot_of(name), "test").value()).has_value());
  }
  for (const char* name : {"only_v2", "newer", "no_handler"}) {
    CHECK(store.keep(snapshot_of(name), "test").has_value());
  }
  CHECK(store.index().releases.size() == 3);
  CHECK(store.live()->number == 2);
  CHECK(store.previous()->number == 1);
  CHECK(store.index().find(5) != nullptr);
  CHECK(files_in(folder) == 3);
}

TEST_CASE("ReleaseStore: the files of the live release make no new one") {
  const TemporaryFolder folder;
  ReleaseStore store = open(folder);
  CHECK(store.note_live(store.keep(snapshot_of("good_v1"), "test").value()).has_value());
  CHECK(store.keep(snapshot_of("good_v1"), "test").value() == 1);
  CHECK(store.keep(snapshot_of("good_v2"), "test").value() == 2);
}

TEST_CASE("ReleaseStore: a kept file that has changed is not loaded") {
  const TemporaryFolder folder;
  ReleaseStore store = open(folder);
  const unsigned number = store.keep(snapshot_of("good_v1"), "test").value();
  const observe::KeptRelease release = *store.index().find(number);
  const std::string copy = folder / ("state/files/" + release.files.front().sha256);
  {
    std::fstream file(copy, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(release.files.front().size) - 1);
    file.put('\x7f');
  }
  CHECK(store.load(release).error().message.find("is not as it was") != std::string::npos);
  std::filesystem::remove(copy);
  CHECK(store.load(release).error().message.find("no such file") != std::string::npos);
}

TEST_CASE("ReleaseStore: a full disk is an error that leaves everything else as it was") {
  const TemporaryFolder folder;
  ReleaseStore store = open(folder);
  CHECK(store.note_live(store.keep(snapshot_of("good_v1"), "test").value()).has_value());
  // A file that may not grow any more is as good as a full disk (setrlimit(2), RLIMIT_FSIZE).
  const app::MountedSnapshot snapshot = snapshot_of("good_v2");
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{1000, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  const auto kept = store.keep(snapshot, "test");
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, SIG_DFL);
  REQUIRE_FALSE(kept.has_value());
  CHECK(kept.error().message.find("cannot write") != std::string::npos);
  CHECK(store.index().releases.size() == 1);
  CHECK(files_in(folder) == 1);
  CHECK(store.load(*store.live()).has_value());
}

TEST_CASE("ReleaseStore: two servers do not share one") {
  const TemporaryFolder folder;
  const ReleaseStore store = open(folder);
  const auto other = ReleaseStore::open(folder / "state", 5);
  REQUIRE_FALSE(other.has_value());
  CHECK(other.error().message.find("belongs to another server that runs") != std::string::npos);
}

TEST_CASE("ReleaseStore: a folder that is a link, or open to others, is not trusted") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "elsewhere");
  std::filesystem::create_symlink(folder / "elsewhere", folder / "state");
  CHECK_FALSE(ReleaseStore::open(folder / "state", 5).has_value());
  std::filesystem::remove(folder / "state");
  std::filesystem::create_directory(folder / "state");
  ::chmod((folder / "state").c_str(), 0777);
  CHECK(ReleaseStore::open(folder / "state", 5).has_value());
  struct stat status {};
  ::stat((folder / "state").c_str(), &status);
  CHECK((status.st_mode & 0777) == 0700);
  if (::geteuid() == 0) {
    CHECK(::chown((folder / "state").c_str(), 1, 1) == 0);
    CHECK(ReleaseStore::open(folder / "state", 5).error().message.find("belongs to the user") !=
          std::string::npos);
  }
}

TEST_CASE("ReleaseStore: an index that cannot be read is put aside") {
  const TemporaryFolder folder;
  { CHECK(open(folder).keep(snapshot_of("good_v1"), "test").has_value()); }
  std::ofstream(folder / "state/index.json") << "{\"format\": 1, \"next\"";
  const ReleaseStore store = open(folder);
  CHECK(store.complaint().find("is put aside as") != std::string::npos);
  CHECK(store.index().releases.empty());
  CHECK(std::filesystem::exists(folder / "state/index.json.damaged"));
}

TEST_CASE("ReleaseStore: for an index that cannot be read, one that is old enough is taken") {
  const TemporaryFolder folder;
  const auto index = folder / "state/index.json";
  const auto long_ago = std::filesystem::file_time_type::clock::now() - std::chrono::minutes(5);
  {
    ReleaseStore store = open(folder);
    REQUIRE(store.keep(snapshot_of("good_v1"), "test").has_value());
    std::filesystem::last_write_time(index, long_ago);
    REQUIRE(store.note_live(1).has_value());
    // This one was written just now: the machine may crash before the disk has it.
    REQUIRE(store.note_outcome(1, "back", "of that which is lost").has_value());
  }
  std::ofstream(index) << "";
  ReleaseStore store = open(folder);
  CHECK(store.complaint().find("that of before it is taken") != std::string::npos);
  REQUIRE(store.index().releases.size() == 1);
  CHECK(store.index().releases[0].outcome != "back");
  CHECK(store.load(store.index().releases[0]).has_value());
  CHECK(std::filesystem::exists(folder / "state/index.json.damaged"));
  // Its next life has it whole again.
  CHECK(store.note_live(1).has_value());
}

}  // namespace appserver::master
