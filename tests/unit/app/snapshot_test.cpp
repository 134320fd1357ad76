#include "app/snapshot.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <doctest/doctest.h>

#include "support/temporary_folder.h"
#include "unit/app/elf_builder.h"

namespace {

using namespace appserver;
using app::take_snapshot;
using test::ElfBuilder;
using test::TemporaryFolder;
using Kind = app::LoadError::Kind;
using Texts = std::vector<std::string>;

// The paths of the libraries in a snapshot, relative to the folder.
Texts libraries(const TemporaryFolder& folder) {
  const auto snapshot = take_snapshot((folder / "app.so").string());
  if (!snapshot) {
    return {"error: " + snapshot.error().message};
  }
  Texts paths;
  for (const auto& library : snapshot->libraries) {
    CHECK(library.fd.is_open());
    paths.push_back(std::filesystem::path(library.path).lexically_relative(folder.path()));
  }
  return paths;
}

app::LoadError error_of(const TemporaryFolder& folder) {
  const auto snapshot = take_snapshot((folder / "app.so").string());
  REQUIRE_FALSE(snapshot.has_value());
  return snapshot.error();
}

void write_library(const TemporaryFolder& folder, const std::string& path, Texts needed = {},
                   const std::string& runpath = {}) {
  ElfBuilder{.needed = std::move(needed),
             .soname = std::filesystem::path(path).filename(),
             .runpath = runpath}
      .write_to(folder / path);
}

// Sets a variable for one test.
class Environment {
 public:
  Environment(const char* name, const std::string& value) : name_(name) {
    ::setenv(name, value.c_str(), 1);
  }
  ~Environment() { ::unsetenv(name_); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  const char* name_;
};

}  // namespace

TEST_CASE("Snapshot: it knows the app by its absolute path, size, digest and build id") {
  const TemporaryFolder folder;
  const ElfBuilder builder{.build_id = "\x12\x34"};
  builder.write_to(folder / "app.so");
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  const auto snapshot = take_snapshot("./app.so");
  std::filesystem::current_path(before);
  REQUIRE(snapshot.has_value());
  CHECK(snapshot->app.path == (folder / "app.so").string());
  CHECK(snapshot->app.size == builder.bytes().size());
  CHECK(snapshot->app.build_id == "1234");
  CHECK(snapshot->libraries.empty());
}

TEST_CASE("Snapshot: a digest is shown with its algorithm") {
  CHECK(app::digest_text(0xabc) == "fnv1a64:0000000000000abc");
}

TEST_CASE("Snapshot: no path at all is no file") {
  CHECK(take_snapshot("").error().kind == Kind::NoSuchFile);
}

TEST_CASE("Snapshot: libraries beside the app are part of it, each behind those it needs") {
  const TemporaryFolder folder;
  ElfBuilder{.needed = {"liba.so", "libb.so"}, .runpath = "$ORIGIN/lib"}.write_to(folder /
                                                                                  "app.so");
  write_library(folder, "lib/liba.so", {"libc1.so"}, "$ORIGIN/deep");
  write_library(folder, "lib/libb.so");
  write_library(folder, "lib/deep/libc1.so", {"libb.so"});
  CHECK(libraries(folder) == Texts{"lib/libb.so", "lib/deep/libc1.so", "lib/liba.so"});
}

TEST_CASE("Snapshot: a library that two others need is part of it once") {
  const TemporaryFolder folder;
  ElfBuilder{.needed = {"liba.so", "libb.so"}, .runpath = "$ORIGIN"}.write_to(folder / "app.so");
  write_library(folder, "liba.so", {"libshared.so"}, "$ORIGIN");
  write_library(folder, "libb.so", {"libshared.so"}, "$ORIGIN");
  write_library(folder, "libshared.so");
  CHECK(libraries(folder) == Texts{"libshared.so", "liba.so", "libb.so"});
}

TEST_CASE("Snapshot: a DT_RUNPATH is not inherited, a DT_RPATH is") {
  const TemporaryFolder folder;
  write_library(folder, "lib/liba.so", {"libb.so"});
  write_library(folder, "lib/libb.so");
  ElfBuilder{.needed = {"liba.so"}, .runpath = "$ORIGIN/lib"}.write_to(folder / "app.so");
  CHECK(libraries(folder) == Texts{"lib/liba.so"});
  ElfBuilder{.needed = {"liba.so"}, .rpath = "$ORIGIN/lib"}.write_to(folder / "app.so");
  CHECK(libraries(folder) == Texts{"lib/libb.so", "lib/liba.so"});
}

TEST_CASE("Snapshot: a library with a DT_RUNPATH does not look into its user's DT_RPATH") {
  const TemporaryFolder folder;
  write_library(folder, "lib/liba.so", {"libb.so"}, "$ORIGIN/none");
  write_library(folder, "lib/libb.so");
  ElfBuilder{.needed = {"liba.so"}, .rpath = "$ORIGIN/lib"}.write_to(folder / "app.so");
  CHECK(libraries(folder) == Texts{"lib/liba.so"});
}

TEST_CASE("Snapshot: the first directory that has the library wins") {
  const TemporaryFolder folder;
  write_library(folder, "two/liba.so");
  write_library(folder, "three/liba.so");
  ElfBuilder{.needed = {"liba.so"}, .runpath = "$ORIGIN/one:$ORIGIN/two:$ORIGIN/three"}.write_to(
      folder / "app.so");
  CHECK(libraries(folder) == Texts{"two/liba.so"});
}

TEST_CASE("Snapshot: a library for another machine is passed over, as the linker does") {
  const TemporaryFolder folder;
  ElfBuilder{.soname = "liba.so", .machine = 4321}.write_to(folder / "one/liba.so");
  write_library(folder, "two/liba.so");
  ElfBuilder{.needed = {"liba.so"}, .runpath = "$ORIGIN/one:$ORIGIN/two"}.write_to(folder /
                                                                                   "app.so");
  CHECK(libraries(folder) == Texts{"two/liba.so"});
}

TEST_CASE("Snapshot: a library that this process has loaded is not copied") {
  const TemporaryFolder folder;
  write_library(folder, "libc.so.6");
  ElfBuilder{.needed = {"libc.so.6"}, .runpath = "$ORIGIN"}.write_to(folder / "app.so");
  CHECK(libraries(folder).empty());
}

TEST_CASE("Snapshot: LD_LIBRARY_PATH goes before a DT_RUNPATH, and behind a DT_RPATH") {
  const TemporaryFolder folder;
  write_library(folder, "liba.so");
  write_library(folder, "override/liba.so");
  const Environment override("LD_LIBRARY_PATH", (folder / "override").string());
  ElfBuilder{.needed = {"liba.so"}, .runpath = "$ORIGIN"}.write_to(folder / "app.so");
  CHECK(libraries(folder).empty());
  ElfBuilder{.needed = {"liba.so"}, .rpath = "$ORIGIN"}.write_to(folder / "app.so");
  CHECK(libraries(folder) == Texts{"liba.so"});
}

TEST_CASE("Snapshot: a library whose SONAME is not the needed name is refused with the remedy") {
  const TemporaryFolder folder;
  ElfBuilder{.needed = {"liba.so"}, .runpath = "$ORIGIN"}.write_to(folder / "app.so");
  ElfBuilder{}.write_to(folder / "liba.so");
  CHECK(error_of(folder).kind == Kind::UnusableLibrary);
  CHECK(error_of(folder).message.find("has no SONAME") != std::string::npos);
  CHECK(error_of(folder).message.find("-Wl,-soname,liba.so") != std::string::npos);
  ElfBuilder{.soname = "liba.so.1"}.write_to(folder / "liba.so");
  CHECK(error_of(folder).message.find("has the SONAME liba.so.1") != std::string::npos);
}

TEST_CASE("Snapshot: libraries that need one another are refused") {
  const TemporaryFolder folder;
  ElfBuilder{.needed = {"liba.so"}, .runpath = "$ORIGIN"}.write_to(folder / "app.so");
  write_library(folder, "liba.so", {"libb.so"}, "$ORIGIN");
  write_library(folder, "libb.so", {"liba.so"}, "$ORIGIN");
  CHECK(error_of(folder).kind == Kind::UnusableLibrary);
}

TEST_CASE("Snapshot: a damaged library is named together with who needs it") {
  const TemporaryFolder folder;
  ElfBuilder{.needed = {"liba.so"}, .runpath = "$ORIGIN"}.write_to(folder / "app.so");
  write_library(folder, "liba.so");
  std::filesystem::resize_file(folder / "liba.so", 100);
  CHECK(error_of(folder).kind == Kind::Damaged);
  CHECK(error_of(folder).message.find("needed by " + (folder / "app.so").string()) !=
        std::string::npos);
}

TEST_CASE("Snapshot: what no search path leads to is left to the dynamic linker") {
  const TemporaryFolder folder;
  ElfBuilder{.needed = {"libnowhere.so", "/opt/liba.so"}, .runpath = "$ORIGIN"}.write_to(folder /
                                                                                         "app.so");
  CHECK(libraries(folder).empty());
}
