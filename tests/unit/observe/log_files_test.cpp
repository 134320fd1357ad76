#include "observe/log_files.h"

#include <filesystem>
#include <unistd.h>

#include <doctest/doctest.h>

#include "support/read_file.h"
#include "support/temporary_folder.h"

using appserver::config::Options;
using appserver::observe::LogFiles;
using appserver::test::read_file;
using appserver::test::TemporaryFolder;

namespace {

void write_line(const appserver::observe::LogFile& log) {
  REQUIRE(::write(log.fd(), "x\n", 2) == 2);
}

}  // namespace

TEST_CASE("LogFiles: by default errors go to standard error and there is no access log") {
  const auto files = LogFiles::open(Options{});
  REQUIRE(files);
  CHECK(files->error_log().fd() == STDERR_FILENO);
  CHECK(files->access_log() == nullptr);
}

TEST_CASE("LogFiles: \"-\" is standard output for the access log") {
  Options options;
  options.access_logfile = "-";
  const auto files = LogFiles::open(options);
  REQUIRE(files);
  REQUIRE(files->access_log() != nullptr);
  CHECK(files->access_log()->fd() == STDOUT_FILENO);
}

TEST_CASE("LogFiles: a file that cannot be opened is named") {
  const TemporaryFolder folder;
  Options options;
  options.access_logfile = folder / "missing" / "access.log";
  const auto files = LogFiles::open(options);
  REQUIRE_FALSE(files);
  CHECK(files.error().message.find(options.access_logfile) != std::string::npos);
}

TEST_CASE("LogFiles: both logs continue in new files after a rotation") {
  const TemporaryFolder folder;
  Options options;
  options.error_logfile = folder / "error.log";
  options.access_logfile = folder / "access.log";
  auto files = LogFiles::open(options);
  REQUIRE(files);
  for (const char* name : {"error.log", "access.log"}) {
    std::filesystem::rename(folder / name, folder / (std::string("old ") + name));
  }
  const auto again = files->open_again();
  REQUIRE(again);
  files->take_over(*again);
  write_line(files->error_log());
  CHECK(read_file(folder / "error.log") == "x\n");
  CHECK(read_file(folder / "access.log").empty());
  write_line(*files->access_log());
  CHECK(read_file(folder / "access.log") == "x\n");
  CHECK(read_file(folder / "old error.log").empty());
}

TEST_CASE("LogFiles: a list of another length changes nothing") {
  const TemporaryFolder folder;
  Options options;
  options.error_logfile = folder / "error.log";
  auto files = LogFiles::open(options);
  REQUIRE(files);
  files->take_over({});
  write_line(files->error_log());
  CHECK(read_file(folder / "error.log") == "x\n");
}
