#include "base/open_beneath.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "support/temporary_folder.h"

using namespace appserver;

namespace {

constexpr std::array kBoth{Beneath::Kernel, Beneath::StepByStep};

// A folder `inside`, opened as a server does, and a file beside it.
struct Tree {
  Tree() {
    std::filesystem::create_directories(folder / "inside/sub");
    write("secret", "secret");
    write("inside/a", "a");
    write("inside/sub/b", "b");
    directory.reset(::open((folder / "inside").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    REQUIRE(directory.is_open());
  }
  void write(const std::string& name, const std::string& content) const {
    std::ofstream(folder / name) << content;
  }
  void link(const std::string& name, const std::string& target) const {
    std::filesystem::create_symlink(target, folder / ("inside/" + name));
  }
  // The content of the file, or "errno N".
  [[nodiscard]] std::string read(const std::string& path, Beneath how) const {
    const auto file = open_beneath(directory.get(), path, how);
    if (!file) {
      return "errno " + std::to_string(file.error());
    }
    CHECK((::fcntl(file->get(), F_GETFD) & FD_CLOEXEC) != 0);
    std::array<char, 100> bytes;
    const ssize_t got = ::read(file->get(), bytes.data(), bytes.size());
    return got < 0 ? "is no file" : std::string(bytes.data(), static_cast<std::size_t>(got));
  }
  [[nodiscard]] bool is_refused(const std::string& path, Beneath how) const {
    return read(path, how).starts_with("errno ");
  }

  test::TemporaryFolder folder;
  UniqueFd directory;
};

}  // namespace

TEST_CASE("open_beneath: opens files and folders inside") {
  const Tree tree;
  for (const Beneath how : kBoth) {
    CHECK(tree.read("a", how) == "a");
    CHECK(tree.read("sub/b", how) == "b");
    CHECK(tree.read("sub//b", how) == "b");
    CHECK(tree.read("./sub/./b", how) == "b");
    CHECK(tree.read("sub", how) == "is no file");
    CHECK(tree.read("sub/", how) == "is no file");
  }
}

TEST_CASE("open_beneath: says with errno why there is no file") {
  const Tree tree;
  for (const Beneath how : kBoth) {
    CHECK(tree.read("none", how) == "errno " + std::to_string(ENOENT));
    CHECK(tree.read("none/a", how) == "errno " + std::to_string(ENOENT));
    CHECK(tree.read("a/b", how) == "errno " + std::to_string(ENOTDIR));
    CHECK(tree.read(std::string(300, 'x'), how) == "errno " + std::to_string(ENAMETOOLONG));
  }
}

TEST_CASE("open_beneath: nothing leads outside") {
  const Tree tree;
  tree.link("file_out", "../secret");
  tree.link("file_out_absolute", (tree.folder / "secret").string());
  tree.link("folder_out", "..");
  tree.link("chain", "folder_out");
  tree.link("in_and_out", "sub/../../secret");
  tree.link("own_name", "../inside/a");  // Out of the folder and in again is out as well.
  for (const Beneath how : kBoth) {
    for (const char* path : {"../secret", "sub/../../secret", "file_out", "file_out_absolute",
                             "folder_out/secret", "chain/secret", "in_and_out", "own_name"}) {
      CAPTURE(path);
      CHECK(tree.is_refused(path, how));
    }
  }
  CHECK(tree.is_refused("/etc/passwd", Beneath::Kernel));
  CHECK(tree.is_refused("/etc/passwd", Beneath::StepByStep));
}

TEST_CASE("open_beneath: a link that stays inside is followed by the kernel only") {
  const Tree tree;
  tree.link("to_file", "sub/b");
  tree.link("to_folder", "sub");
  tree.link("up_and_down", "sub/../a");
  for (const char* path : {"to_file", "to_folder/b", "up_and_down"}) {
    CAPTURE(path);
    CHECK_FALSE(tree.is_refused(path, Beneath::Kernel));
    CHECK(tree.is_refused(path, Beneath::StepByStep));
  }
}

TEST_CASE("open_beneath: a link of links and a loop end") {
  const Tree tree;
  tree.link("loop", "loop");
  for (const Beneath how : kBoth) {
    CHECK(tree.read("loop", how) == "errno " + std::to_string(ELOOP));
  }
}

TEST_CASE("open_beneath: magic links of /proc are not followed") {
  const UniqueFd proc(::open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC));
  REQUIRE(proc.is_open());
  for (const Beneath how : kBoth) {
    CHECK(open_beneath(proc.get(), "stat", how).has_value());
    CHECK_FALSE(open_beneath(proc.get(), "exe", how).has_value());
    CHECK_FALSE(open_beneath(proc.get(), "cwd/.", how).has_value());
  }
}

TEST_CASE("open_beneath: does not wait for the writer of a FIFO") {
  const Tree tree;
  REQUIRE(::mkfifo((tree.folder / "inside/fifo").c_str(), 0600) == 0);
  for (const Beneath how : kBoth) {
    CHECK_FALSE(tree.is_refused("fifo", how));  // This test would not end otherwise.
  }
}

TEST_CASE("beneath_support: finds out without an error") {
  const Tree tree;
  const Beneath how = beneath_support(tree.directory.get());
  CHECK(tree.read("sub/b", how) == "b");
}
