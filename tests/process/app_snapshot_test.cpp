#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>

#include "process/app_child.h"
#include "support/temporary_folder.h"

using namespace appserver;
using test::answer_of;
using test::fixture;
using test::in_child;
using test::load_and;
using test::TemporaryFolder;

namespace {

app::Snapshot snapshot_of(const std::filesystem::path& path) {
  auto snapshot = app::take_snapshot(path.string());
  if (!snapshot) {
    FAIL(snapshot.error().message);
  }
  return std::move(*snapshot);
}

constexpr uid_t kNobody = 65534;

}  // namespace

TEST_CASE("Snapshot: a worker that starts after the file was overwritten runs the old code") {
  const TemporaryFolder folder;
  std::filesystem::copy_file(fixture("good_v1"), folder / "app.so");
  const app::Snapshot snapshot = snapshot_of(folder / "app.so");
  std::filesystem::copy_file(fixture("good_v2"), folder / "app.so",
                             std::filesystem::copy_options::overwrite_existing);
  CHECK(load_and(snapshot, answer_of) == "v1");
  CHECK(load_and(snapshot_of(folder / "app.so"), answer_of) == "v2");
}

TEST_CASE("Snapshot: truncating and deleting the file harms neither running nor new workers") {
  const TemporaryFolder folder;
  std::filesystem::copy_file(fixture("good_v1"), folder / "app.so");
  const app::Snapshot snapshot = snapshot_of(folder / "app.so");
  CHECK(load_and(snapshot, [&folder](const app::LoadedApp& app) {
          std::filesystem::resize_file(folder / "app.so", 0);
          std::filesystem::remove(folder / "app.so");
          return answer_of(app);
        }) == "v1");
  CHECK(load_and(snapshot, answer_of) == "v1");
}

TEST_CASE("Snapshot: the libraries beside the app are private copies as well") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "lib");
  std::filesystem::copy_file(fixture("uses_origin_library"), folder / "app.so");
  for (const char* name : {"libfixture_greeting.so", "libfixture_words.so"}) {
    std::filesystem::copy_file(std::string(APPSERVER_FIXTURES) + "/lib/" + name,
                               folder / "lib" / name);
  }
  const app::Snapshot snapshot = snapshot_of(folder / "app.so");
  std::filesystem::remove_all(folder.path());
  CHECK(snapshot.libraries.size() == 2);
  CHECK(load_and(snapshot, answer_of) == "words from a library beside the app");
}

TEST_CASE("Snapshot: a library without SONAME beside the app is refused with the remedy") {
  const auto snapshot = app::take_snapshot(fixture("uses_nameless_library"));
  REQUIRE_FALSE(snapshot.has_value());
  CHECK(snapshot.error().kind == app::LoadError::Kind::UnusableLibrary);
  CHECK(snapshot.error().message.find("-Wl,-soname,libfixture_nameless.so") != std::string::npos);
}

TEST_CASE("Snapshot: a user without rights to the file can load the copy, but not take one" *
          doctest::skip(::geteuid() != 0)) {
  const TemporaryFolder folder;
  std::filesystem::copy_file(fixture("good_v1"), folder / "app.so");
  std::filesystem::permissions(folder / "app.so", std::filesystem::perms::none);
  const app::Snapshot snapshot = snapshot_of(folder / "app.so");
  std::filesystem::permissions(folder.path(), std::filesystem::perms::all);
  CHECK(in_child([&snapshot]() -> std::string {
          app::HostServices host("0.1.0", {}, test::storing_calls());
          if (::setuid(kNobody) != 0) {
            return "cannot change the user";
          }
          const auto app = app::load_app(snapshot, host);
          return app ? answer_of(*app) : app.error().message;
        }) == "v1");
  CHECK(in_child([&folder]() -> std::string {
          if (::setuid(kNobody) != 0) {
            return "cannot change the user";
          }
          const auto own = app::take_snapshot((folder / "app.so").string());
          return own ? "readable" : own.error().message;
        }) == "cannot read " + (folder / "app.so").string() +
                  ": Permission denied (EACCES): the user that starts the server (uid 65534) "
                  "must be able to read it");
}
