#include "observe/log_file.h"

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <sys/stat.h>
#include <utility>

#include <doctest/doctest.h>

#include "pipe.h"
#include "support/temporary_folder.h"

using appserver::observe::LogFile;
using appserver::observe::MemoryFile;
using appserver::test::TemporaryFolder;

namespace {

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

void append(int fd, std::string_view text) {
  REQUIRE(::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

bool is_close_on_exec(int fd) {
  return (::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0;
}

}  // namespace

TEST_CASE("LogFile: a path is opened for appending, close-on-exec, unreadable for others") {
  const TemporaryFolder folder;
  const auto path = folder / "error.log";
  std::ofstream(path) << "before\n";
  const auto file = LogFile::open(path, 2);
  REQUIRE(file);
  append(file->fd(), "after\n");
  CHECK(content(path) == "before\nafter\n");
  CHECK((::fcntl(file->fd(), F_GETFL) & O_APPEND) != 0);
  CHECK(is_close_on_exec(file->fd()));
  CHECK_FALSE(file->is_standard());
  CHECK(file->name() == path.string());
}

TEST_CASE("LogFile: a new file has mode 0640") {
  const TemporaryFolder folder;
  const mode_t before = ::umask(0);
  const auto file = LogFile::open(folder / "error.log", 2);
  ::umask(before);
  REQUIRE(file);
  struct stat status {};
  REQUIRE(::fstat(file->fd(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0640U);
}

TEST_CASE("LogFile: a file that cannot be opened is named, with the reason") {
  const TemporaryFolder folder;
  const auto path = (folder / "missing" / "error.log").string();
  const auto file = LogFile::open(path, 2);
  REQUIRE_FALSE(file);
  CHECK(file.error().message.find("cannot open the log file " + path) != std::string::npos);
  CHECK(file.error().message.find("ENOENT") != std::string::npos);
}

TEST_CASE("LogFile: a FIFO without a reader is refused instead of waited for") {
  const TemporaryFolder folder;
  const auto path = (folder / "fifo").string();
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  const auto file = LogFile::open(path, 2);
  REQUIRE_FALSE(file);
  CHECK(file.error().message.find("needs a reader") != std::string::npos);
}

TEST_CASE("LogFile: \"-\" is the standard descriptor itself and is never closed") {
  const MemoryFile standard;
  {
    auto file = LogFile::open("-", standard.fd.get());
    REQUIRE(file);
    CHECK(file->fd() == standard.fd.get());
    CHECK(file->is_standard());

    const MemoryFile other;
    file->take_over(other.fd.get());
    append(file->fd(), "still here\n");
    CHECK(other.content().empty());

    const auto again = file->open_again();
    REQUIRE(again);
    CHECK(again->get() != standard.fd.get());
    append(again->get(), "here too\n");
  }
  CHECK(standard.content() == "still here\nhere too\n");
}

TEST_CASE("LogFile: the same number continues in the new file after a rotation") {
  const TemporaryFolder folder;
  const auto path = folder / "error.log";
  auto file = LogFile::open(path, 2);
  REQUIRE(file);
  const int number = file->fd();
  append(number, "old\n");
  std::filesystem::rename(path, folder / "error.log.1");
  append(number, "old too\n");
  {
    const auto again = file->open_again();
    REQUIRE(again);
    CHECK(is_close_on_exec(again->get()));
    file->take_over(again->get());
  }
  append(number, "new\n");
  CHECK(file->fd() == number);
  CHECK(is_close_on_exec(number));
  CHECK(content(folder / "error.log.1") == "old\nold too\n");
  CHECK(content(path) == "new\n");
}

TEST_CASE("LogFile: when the path cannot be opened again the old file stays in use") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "logs");
  const auto file = LogFile::open(folder / "logs" / "error.log", 2);
  REQUIRE(file);
  std::filesystem::rename(folder / "logs", folder / "moved");
  CHECK_FALSE(file->open_again());
  append(file->fd(), "goes on\n");
  CHECK(content(folder / "moved" / "error.log") == "goes on\n");
}

TEST_CASE("LogFile: its end closes the file") {
  const TemporaryFolder folder;
  int number = -1;
  {
    const auto file = LogFile::open(folder / "error.log", 2);
    REQUIRE(file);
    number = file->fd();
  }
  CHECK(::fcntl(number, F_GETFD) == -1);
}
