// --on-crash: a command of the user's that gets each report.
#include <filesystem>
#include <iterator>
#include <signal.h>
#include <sstream>
#include <string>
#include <unistd.h>
#include <vector>

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "support/http_client.h"
#include "support/read_file.h"
#include "support/running_server.h"
#include "support/temporary_folder.h"

using namespace appserver::test;
namespace json = boost::json;

namespace {

RunningServer server_with_hook(const std::string& command, std::vector<std::string> extra = {}) {
  extra.insert(extra.end(), {"--on-crash", command});
  return RunningServer(server_app("crashes"), 1, std::move(extra));
}

std::vector<pid_t> pids_in(const std::string& file) {
  std::istringstream text(read_file(file));
  return {std::istream_iterator<pid_t>(text), std::istream_iterator<pid_t>()};
}

bool is_alive(pid_t pid) {
  return ::kill(pid, 0) == 0;
}

}  // namespace

TEST_CASE("crash hook: it gets the report as JSON, with descriptors of its own only") {
  const TemporaryFolder folder;
  const std::string report = folder.path() / "report";
  const std::string fds = folder.path() / "fds";
  RunningServer server = server_with_hook("ls /proc/self/fd > " + fds + "; cat > " + report +
                                          ".part; mv " + report + ".part " + report);
  CHECK(get(server.address, "/crash/segv?a=1").status == 500);
  eventually(10s, "the hook's file", [&] { return std::filesystem::exists(report); });
  const json::object json = json::parse(read_file(report)).as_object();
  CHECK(json.at("event").as_string() == "crash");
  CHECK(json.at("signal").as_string() == "SIGSEGV");
  CHECK(json.at("fault_address").as_string() == "0x10");
  CHECK(json.at("app").as_string() == server_app("crashes"));
  CHECK(json.at("request").at("target").as_string() == "/crash/segv?a=1");
  const std::string function(json.at("stack").at(0).at("function").as_string());
  CHECK(function.find("write_nowhere()") != std::string::npos);
  CHECK(json.at("stack").at(0).at("line").as_int64() > 0);
  // Standard input, output, error, and the folder that ls reads.
  CHECK(read_file(fds) == "0\n1\n2\n3\n");
}

TEST_CASE("crash hook: one that hangs is killed with all that it started") {
  const TemporaryFolder folder;
  const std::string pid_file = folder.path() / "pid";
  RunningServer server = server_with_hook("sleep 600 & echo $! > " + pid_file + "; echo busy; wait",
                                          {"--on-crash-timeout", "300ms"});
  CHECK(get(server.address, "/crash/segv").status == 500);
  const std::string line = server.process.wait_for_log_line("took too long and was killed");
  CHECK(line.find("output=busy\\n") == std::string::npos);  // Quoted, as it has an end of line.
  CHECK(line.find("output=\"busy\\n\"") != std::string::npos);
  const pid_t sleeper = std::stoi(read_file(pid_file));
  eventually(5s, "the end of what the hook started", [&] { return !is_alive(sleeper); });
  server.process.wait_for_workers(1);
}

TEST_CASE("crash hook: one that does not exist, or fails, is a warning that says so") {
  RunningServer missing = server_with_hook("/no/such/command");
  CHECK(get(missing.address, "/crash/segv").status == 500);
  const std::string line = missing.process.wait_for_log_line("the command of --on-crash failed");
  CAPTURE(line);
  CHECK(line.find(" warn ") != std::string::npos);
  CHECK(line.find("the shell did not find the command") != std::string::npos);
  CHECK(line.find("/no/such/command: not found") != std::string::npos);

  RunningServer failing = server_with_hook("echo no route to host >&2; exit 3");
  CHECK(get(failing.address, "/crash/segv").status == 500);
  const std::string why = failing.process.wait_for_log_line("the command of --on-crash failed");
  CHECK(why.find("exit status 3") != std::string::npos);
  CHECK(why.find("no route to host") != std::string::npos);
}

TEST_CASE("crash hook: a storm of crashes starts a few, and tells of those left out") {
  const TemporaryFolder folder;
  const std::string pids = folder.path() / "pids";
  RunningServer server(server_app("crashes"), 8,
                       {"--on-crash", "echo $$ >> " + pids + "; exec sleep 600"});
  for (int i = 0; i < 6; ++i) {
    CHECK(get(server.address, "/crash/segv").status == 500);
  }
  const std::string line = server.process.wait_for_log_line("too many commands");
  CHECK(line.find("running=4") != std::string::npos);
  eventually(5s, "four hooks", [&] { return pids_in(pids).size() == 4; });
  for (const pid_t hook : pids_in(pids)) {
    CHECK(::getpgid(hook) == hook);
    CHECK(::kill(-hook, SIGTERM) == 0);
  }
  server.process.wait_for_log("it was ended by SIGTERM");
}
