// `appserverd new`: a project that builds, tests and serves as it is, with an installed appserverd.
#include <algorithm>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/http_client.h"
#include "support/program_run.h"
#include "support/read_file.h"
#include "support/running_server.h"
#include "support/text_search.h"

using namespace appserver::test;
namespace fs = std::filesystem;

namespace {

// The lines of a page that people are to type: "$ COMMAND".
std::vector<std::string> commands_in(const std::string& page) {
  std::vector<std::string> commands;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("$ ")) {
      commands.push_back(line.substr(2));
    }
  }
  return commands;
}

// Runs a shell command in a folder, with the programs of `bin` before all others.
ProgramRun run_in(const fs::path& folder, const fs::path& bin, const std::string& command) {
  // A quick build: what is tested is the project and not the optimiser.
  const std::string settings = "export PATH='" + bin.string() +
                               "':\"$PATH\" CMAKE_GENERATOR=Ninja CMAKE_BUILD_TYPE=Debug; cd '" +
                               folder.string() + "' && ";
  return run_program("sh", {"-c", settings + command}, "/dev/null", 110s);
}

void check_succeeds(const ProgramRun& run) {
  CAPTURE(run.output);
  CAPTURE(run.error);
  REQUIRE(run.status.code == 0);
}

std::string complaint_about(const std::string& arguments) {
  const TemporaryFolder folder;
  const ProgramRun run = run_in(folder.path(), fs::path(APPSERVERD_BINARY).parent_path(),
                                "appserverd new " + arguments);
  CHECK(run.status.code == 1);
  CHECK(fs::is_empty(folder.path()));
  return run.error;
}

}  // namespace

TEST_CASE("new: the project builds, passes its tests and is served, by the commands it names") {
  const TemporaryFolder folder;
  const fs::path bin = folder / "installed/bin";
  check_succeeds(
      run_program("cmake", {"--install", APPSERVER_BUILD, "--prefix", folder / "installed"}));
  check_succeeds(run_in(folder.path(), bin, "appserverd new order_service"));
  const fs::path project = folder / "order_service";
  const auto commands = commands_in(read_file(project / "README.md"));
  REQUIRE(commands.size() == 3);
  check_succeeds(run_in(project, bin, commands[0]));
  const ProgramRun tested = run_in(project, bin, commands[1]);
  check_succeeds(tested);
  CHECK(contains(tested.output, "100% tests passed, 0 tests failed out of 1"));

  CHECK(commands[2] == "appserverd --reload -w 1 build/order_service.so");
  ServerProcess server(bin / "appserverd", {"--reload", "-w", "1", "-b", "127.0.0.1:0",
                                            project / "build/order_service.so"});
  const Address address = server.wait_until_listening();
  CHECK(get(address, "/hello/Ada").body == "Hello, Ada!");
}

TEST_CASE("new: what is there already is left alone") {
  const TemporaryFolder folder;
  const fs::path bin = fs::path(APPSERVERD_BINARY).parent_path();
  write_over(folder / "orders", "mine");
  const ProgramRun run = run_in(folder.path(), bin, "appserverd new orders");
  CHECK(run.status.code == 1);
  CHECK(contains(run.error, "is there already"));
  CHECK(read_file(folder / "orders") == "mine");
  fs::remove(folder / "orders");
  check_succeeds(run_in(folder.path(), bin, "appserverd new orders"));
  CHECK(run_in(folder.path(), bin, "appserverd new orders").status.code == 1);
  CHECK(read_file(folder / "orders/.gitignore") == "/build/\n");
}

TEST_CASE("new: a name that CMake or C++ cannot take is refused, and says so") {
  for (const char* const name : {"''", "2nd", "a-b", "a/b", "../a", "a.b", "'a b'", "ä", "_a"}) {
    CAPTURE(name);
    CHECK(contains(complaint_about(name), "take letters, digits and underscores"));
  }
  CHECK(contains(complaint_about("test"), "CMake has a target of that name"));
  CHECK(contains(complaint_about("class"), "means something else in C++"));
}

TEST_CASE("new: anything but one name is an error that shows how it is used") {
  for (const char* const arguments : {"", "one two", "--reload", "one --workers 2"}) {
    CAPTURE(arguments);
    CHECK(contains(complaint_about(arguments), "usage: appserverd new NAME"));
  }
}
