// A server that cannot start says why in one clear line, and how in its exit code.
#include <netinet/in.h>
#include <sstream>
#include <string>
#include <sys/socket.h>
#include <vector>

#include <doctest/doctest.h>

#include "support/running_server.h"

using namespace appserver::test;

namespace {

constexpr int kBadConfiguration = 1;
constexpr int kBootFailed = 3;
constexpr int kAppFailedToLoad = 4;

// The lines of standard error that are neither news nor advice (such as not to run as root).
std::vector<std::string> complaints(const std::string& log) {
  std::vector<std::string> found;
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);) {
    const bool is_error = line.find("] info  ") == line.npos && line.find("] warn  ") == line.npos;
    if (is_error) {
      found.push_back(line);
    }
  }
  return found;
}

// Expects that the server exits with `code` after exactly one line, which has all of `words`.
void check_refusal(std::vector<std::string> arguments, int code,
                   const std::vector<std::string>& words) {
  ServerProcess process(std::move(arguments));
  const ExitStatus status = process.wait_for_exit();
  CHECK(status.code == code);
  CHECK(process.processes().empty());
  const auto lines = complaints(process.log());
  CAPTURE(process.log());
  REQUIRE(lines.size() == 1);
  for (const std::string& word : words) {
    CAPTURE(word);
    CHECK(lines[0].find(word) != std::string::npos);
  }
}

// A port of 127.0.0.1 that somebody else listens on.
class UsedPort {
 public:
  UsedPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    auto* any = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    REQUIRE(::bind(socket_.get(), any, size) == 0);
    REQUIRE(::listen(socket_.get(), 1) == 0);
    REQUIRE(::getsockname(socket_.get(), any, &size) == 0);
    address_ = "127.0.0.1:" + std::to_string(::ntohs(address.sin_port));
  }
  [[nodiscard]] const std::string& address() const { return address_; }

 private:
  appserver::UniqueFd socket_;
  std::string address_;
};

std::vector<std::string> serve(const std::string& app) {
  return {"-b", "127.0.0.1:0", app};
}

}  // namespace

TEST_CASE("boot: a port in use is exit code 1 and named") {
  const UsedPort port;
  check_refusal({"-b", port.address(), example_app("hello")}, kBadConfiguration,
                {port.address(), "in use"});
}

TEST_CASE("boot: an address that makes no sense is exit code 1 and named") {
  check_refusal({"-b", "127.0.0.1:99999", example_app("hello")}, kBadConfiguration, {"99999"});
}

TEST_CASE("boot: an unknown option is exit code 1 and the nearest one is offered") {
  check_refusal({"--wrokers", "2", example_app("hello")}, kBadConfiguration,
                {"--wrokers", "--workers"});
}

TEST_CASE("boot: a bad value is exit code 1 and names the option") {
  check_refusal({"--workers", "many", example_app("hello")}, kBadConfiguration,
                {"workers", "many"});
}

TEST_CASE("boot: no app at all is exit code 1") {
  check_refusal({}, kBadConfiguration, {});
}

TEST_CASE("boot: a log file that cannot be opened is exit code 1 and named") {
  check_refusal(
      {"--error-logfile", "/nowhere/error.log", "-b", "127.0.0.1:0", example_app("hello")},
      kBadConfiguration, {"/nowhere/error.log"});
}

TEST_CASE("boot: a configuration file with an unknown key is exit code 1 with file and line") {
  const TemporaryFolder folder;
  const std::string file = (folder / "server.toml").string();
  write_over(file, "# a comment\nwrokers = 2\n");
  check_refusal({"-c", file, example_app("hello")}, kBadConfiguration,
                {"server.toml", "2", "wrokers", "workers"});
}

TEST_CASE("boot: an app that does not exist is exit code 4 and named") {
  check_refusal(serve("/nowhere/app.so"), kAppFailedToLoad, {"/nowhere/app.so"});
}

TEST_CASE("boot: a file that is no shared object is exit code 4 and named") {
  const TemporaryFolder folder;
  const std::string app = (folder / "garbage.so").string();
  write_over(app, "garbage");
  check_refusal(serve(app), kAppFailedToLoad, {app});
}

TEST_CASE("boot: a shared object that is no app is exit code 4 and the symbol is named") {
  check_refusal(serve(fixture_app("no_entry")), kAppFailedToLoad, {"appserver_app_v1"});
}

TEST_CASE("boot: an unresolved symbol is exit code 4 and named") {
  check_refusal(serve(fixture_app("undefined_symbol")), kAppFailedToLoad, {"missing"});
}

TEST_CASE("boot: a load hook that fails is exit code 4 and its reason is told") {
  check_refusal(serve(fixture_app("load_hook_fails")), kAppFailedToLoad,
                {"cannot read prices.csv"});
}

TEST_CASE("boot: threads started while loading are exit code 4, and --lazy is offered") {
  check_refusal(serve(fixture_app("load_hook_starts_thread")), kAppFailedToLoad, {"--lazy"});
}

TEST_CASE("boot: an app that never finishes loading is exit code 3 after the boot timeout") {
  check_refusal({"-b", "127.0.0.1:0", "--boot-timeout", "1", fixture_app("load_hook_hangs")},
                kBootFailed, {"1 s"});
}

TEST_CASE("boot: workers that cannot start are exit code 3 and the reason is told") {
  ServerProcess process({"-b", "127.0.0.1:0", "--workers", "2", server_app("worker_start_fails")});
  CHECK(process.wait_for_exit().code == kBootFailed);
  CHECK(process.log().find("the database is away") != std::string::npos);
  CHECK(process.processes().empty());
}

TEST_CASE("boot: with --lazy each worker loads the app for itself") {
  RunningServer server(fixture_app("load_hook_starts_thread"), 1, {"--lazy"});
  CHECK(accepts_connections(server.address));
}

TEST_CASE("boot: --version and --help go to standard output with exit code 0") {
  ServerProcess version({"--version"});
  CHECK(version.wait_for_exit().code == 0);
  CHECK(version.output().find("appserverd") != std::string::npos);
  ServerProcess help({"--help"});
  CHECK(help.wait_for_exit().code == 0);
  CHECK(help.output().find("--workers") != std::string::npos);
}
