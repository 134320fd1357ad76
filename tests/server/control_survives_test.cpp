// What the control socket and those who use it live through: upgrades in place, the death of the
// admin process, many questions at a time, other users.
#include <list>
#include <signal.h>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "server/upgradable_server.h"
#include "support/control_client.h"
#include "support/load_client.h"
#include "support/running_server.h"
#include "support/temporary_folder.h"

using namespace appserver::test;
namespace json = boost::json;

namespace {

constexpr unsigned kNobody = 65534;

pid_t admin_of(const ServerProcess& server) {
  for (const ProcessEntry& process : server.processes()) {
    if (process.title == "appserverd: admin") {
      return process.pid;
    }
  }
  return 0;
}

pid_t wait_for_admin(const ServerProcess& server, pid_t but_not = 0) {
  pid_t found = 0;
  eventually(10s, "there is an admin process", [&] {
    found = admin_of(server);
    return found != 0 && found != but_not;
  });
  return found;
}

}  // namespace

TEST_CASE("Control: an upgrade in place is told how it went, and the socket stays open") {
  const TemporaryFolder folder;
  const std::string socket = folder / "c.sock";
  const UpgradableServer server({"--control-socket", socket});
  const ControlClient control(socket);
  const pid_t first = wait_for_admin(server.process);
  const json::value before = control.status().at("server");
  struct stat file_before {};
  REQUIRE(::stat(socket.c_str(), &file_before) == 0);
  CHECK(text_of(control.command("/upgrade"), "outcome") == "done");
  CHECK(server.upgrades() == 1);
  wait_for_admin(server.process, first);
  const json::value after = control.status().at("server");
  struct stat file_after {};
  REQUIRE(::stat(socket.c_str(), &file_after) == 0);
  CHECK(file_after.st_ino == file_before.st_ino);
  CHECK(after.at("pid") == before.at("pid"));
  CHECK(after.at("started_at") == before.at("started_at"));
  CHECK(text_of(control.command("/reload"), "outcome") == "live");

  static_cast<void>(server.install("/bin/false"));
  const json::value failed = control.command("/upgrade");
  CHECK(text_of(failed, "outcome") == "failed");
  CHECK_FALSE(text_of(failed, "why").empty());
  CHECK(server.process.log().find("the admin process died") == std::string::npos);
}

TEST_CASE("Control: a deploy outlives the admin process, and its end is nobody else's") {
  const TemporaryFolder folder;
  const std::string socket = folder / "c.sock";
  RunningServer server(server_app("release_good"), 2, {"--control-socket", socket});
  const ControlClient control(socket);
  LoadClient load(server.address, "/check");
  load.wait_for_answers(50);
  const pid_t first = wait_for_admin(server.process);
  // The watch leaves time for the kill.
  HttpClient client({0, socket});
  const std::string next = server_app("release_slow");
  const std::string body = R"({"path": ")" + next + R"(", "watch_seconds": 1})";
  client.send("POST /deploy HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) +
              "\r\n\r\n" + body);
  server.process.wait_for_log("deploying generation=2");
  REQUIRE(::kill(first, SIGKILL) == 0);
  client.wait_for_end();
  wait_for_admin(server.process, first);
  CHECK(text_of(control.status().at("deploy"), "path") == next);
  // The next command of the next process: the other's end must not be taken for its own.
  CHECK(text_of(control.command("/deploy", R"({"path": "/nothing.so"})"), "outcome") == "refused");
  server.process.wait_for_log("the generation is live generation=2");
  const json::value status = control.status();
  const json::array& deploys = status.at("deploys").as_array();
  REQUIRE_FALSE(deploys.empty());
  CHECK(text_of(deploys.back(), "outcome") == "live");
  CHECK(text_of(deploys.back(), "path") == next);
  const LoadCounts counts = load.stop();
  INFO(counts.text());
  CHECK(counts.failed() == 0);
}

TEST_CASE("Control: a hundred who ask at the same time are all answered") {
  const TemporaryFolder folder;
  const std::string socket = folder / "c.sock";
  const RunningServer server(example_app("hello"), 1, {"--control-socket", socket});
  wait_for_admin(server.process);
  const pid_t master = server.process.pid();
  // More than a channel has room for: nobody reads while the master is stopped.
  std::list<HttpClient> clients;
  for (int i = 0; i < 100; ++i) {
    clients.emplace_back(Address{0, socket});
  }
  REQUIRE(::kill(master, SIGSTOP) == 0);
  for (HttpClient& client : clients) {
    client.send("GET /status HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  REQUIRE(::kill(master, SIGCONT) == 0);
  for (HttpClient& client : clients) {
    CHECK(client.read_response().status == 200);
  }
}

TEST_CASE("Control: another user is refused even when the file lets him in") {
  if (::geteuid() != 0) {
    return;  // Only root can be another user.
  }
  const TemporaryFolder folder;
  const std::string socket = folder / "c.sock";
  const RunningServer server(example_app("hello"), 1, {"--control-socket", socket});
  wait_for_admin(server.process);
  REQUIRE(::chmod(socket.c_str(), 0666) == 0);
  REQUIRE(::chmod(folder.path().c_str(), 0755) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    int status = 2;
    try {
      if (::setuid(kNobody) == 0) {
        status = HttpClient({0, socket}).get("/status").status == 403 ? 0 : 1;
      }
    } catch (const std::exception&) {
      status = 3;
    }
    ::_exit(status);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}
