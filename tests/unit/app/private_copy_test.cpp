#include "app/private_copy.h"

#include <atomic>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

#include <doctest/doctest.h>

#include "support/temporary_folder.h"
#include "unit/app/elf_builder.h"

namespace {

using namespace appserver;
using app::make_private_copy;
using test::ElfBuilder;
using test::TemporaryFolder;
using Kind = app::LoadError::Kind;

Kind kind_of(const std::filesystem::path& path) {
  const auto copy = make_private_copy(path.string());
  REQUIRE_FALSE(copy.has_value());
  CHECK(copy.error().message.find(path.string()) != std::string::npos);
  return copy.error().kind;
}

std::vector<std::byte> content(const app::PrivateCopy& copy) {
  const auto mapped = app::MappedCopy::map(copy, "app.so");
  REQUIRE(mapped.has_value());
  return {mapped->bytes().begin(), mapped->bytes().end()};
}

}  // namespace

TEST_CASE("PrivateCopy: it has the bytes of the file, also when the file is gone") {
  const TemporaryFolder folder;
  const ElfBuilder builder{.soname = "libshop.so"};
  builder.write_to(folder / "app.so");
  const auto copy = make_private_copy((folder / "app.so").string());
  REQUIRE(copy.has_value());
  std::filesystem::resize_file(folder / "app.so", 1);
  std::filesystem::remove(folder / "app.so");
  CHECK(copy->size == builder.bytes().size());
  CHECK(content(*copy) == builder.bytes());
}

TEST_CASE("PrivateCopy: nobody can change it") {
  const TemporaryFolder folder;
  ElfBuilder{}.write_to(folder / "app.so");
  const auto copy = make_private_copy((folder / "app.so").string());
  REQUIRE(copy.has_value());
  const int fd = copy->fd.get();
  CHECK(::pwrite(fd, "x", 1, 0) == -1);
  CHECK(::ftruncate(fd, 0) == -1);
  CHECK(::ftruncate(fd, 1'000'000) == -1);
  CHECK(::fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) == -1);
  CHECK((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("PrivateCopy: equal files have equal digests, others have not") {
  const TemporaryFolder folder;
  ElfBuilder{.soname = "a"}.write_to(folder / "1.so");
  ElfBuilder{.soname = "a"}.write_to(folder / "2.so");
  ElfBuilder{.soname = "b"}.write_to(folder / "3.so");
  const auto digest = [&folder](const char* name) {
    return make_private_copy((folder / name).string())->digest;
  };
  CHECK(digest("1.so") == digest("2.so"));
  CHECK(digest("1.so") != digest("3.so"));
}

TEST_CASE("PrivateCopy: what is no file is told apart, and nothing blocks") {
  const TemporaryFolder folder;
  CHECK(kind_of(folder / "absent.so") == Kind::NoSuchFile);
  std::ofstream(folder / "file") << "text";
  CHECK(kind_of(folder / "file" / "app.so") == Kind::NoSuchFile);
  CHECK(kind_of(folder.path()) == Kind::NotAFile);
  REQUIRE(::mkfifo((folder / "fifo").c_str(), 0600) == 0);
  CHECK(kind_of(folder / "fifo") == Kind::NotAFile);
  CHECK(kind_of("/dev/null") == Kind::NotAFile);
}

TEST_CASE("PrivateCopy: a unix socket is not a file") {
  const TemporaryFolder folder;
  const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = (folder / "socket").string();
  REQUIRE(path.size() < sizeof address.sun_path);
  std::memcpy(address.sun_path, path.c_str(), path.size());
  REQUIRE(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  CHECK(kind_of(path) == Kind::NotAFile);
}

TEST_CASE("PrivateCopy: a file without read permission is told with the user who may not read it" *
          doctest::skip(::geteuid() == 0)) {
  const TemporaryFolder folder;
  ElfBuilder{}.write_to(folder / "app.so");
  std::filesystem::permissions(folder / "app.so", std::filesystem::perms::none);
  CHECK(kind_of(folder / "app.so") == Kind::Unreadable);
}

TEST_CASE("PrivateCopy: a link that leads to itself is not readable") {
  const TemporaryFolder folder;
  std::filesystem::create_symlink("loop.so", folder / "loop.so");
  CHECK(kind_of(folder / "loop.so") == Kind::Unreadable);
}

TEST_CASE("PrivateCopy: a file that cannot be an app is refused before it is copied") {
  const TemporaryFolder folder;
  std::ofstream(folder / "empty.so").flush();
  CHECK(kind_of(folder / "empty.so") == Kind::NotElf);
  std::ofstream(folder / "text.so") << "#!/bin/sh\n";
  CHECK(kind_of(folder / "text.so") == Kind::NotElf);
  // A terabyte of nothing behind the first bytes would fill the memory.
  std::filesystem::resize_file(folder / "text.so", std::uintmax_t{1} << 40U);
  CHECK(kind_of(folder / "text.so") == Kind::NotElf);
  ElfBuilder{.type = ET_REL}.write_to(folder / "app.o");
  CHECK(kind_of(folder / "app.o") == Kind::NotASharedObject);
}

TEST_CASE("PrivateCopy: a file that is written to meanwhile is refused") {
  const TemporaryFolder folder;
  const std::string path = (folder / "app.so").string();
  ElfBuilder{}.write_to(path);
  std::filesystem::resize_file(path, 4'000'000);
  std::atomic<bool> stop{false};
  std::thread writer([&stop, &path] {
    for (long tick = 1; !stop; ++tick) {
      const timespec times[2] = {{.tv_sec = tick, .tv_nsec = 0}, {.tv_sec = tick, .tv_nsec = 0}};
      ::utimensat(AT_FDCWD, path.c_str(), times, 0);
    }
  });
  // The writer may be off the processor during one copy, but not during all of them.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(15);
  bool refused = false;
  while (!refused && std::chrono::steady_clock::now() < deadline) {
    const auto copy = make_private_copy(path);
    refused = !copy.has_value() && copy.error().kind == Kind::ChangedWhileCopied;
  }
  stop = true;
  writer.join();
  CHECK(refused);
}
