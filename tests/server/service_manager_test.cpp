// What a service manager is told, sd_notify(3), and what follows from it.
#include "support/service_manager.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <signal.h>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "support/http_client.h"
#include "support/running_server.h"
#include "support/text_search.h"

using namespace appserver::test;

namespace {

// A server that a service manager started.
ServerProcess notifying(const ServiceManager& manager, const std::vector<std::string>& server,
                        const std::string& variables = "") {
  std::vector<std::string> arguments = {
      "-c", "export NOTIFY_SOCKET=" + manager.address() + " " + variables + "; exec \"$0\" \"$@\"",
      APPSERVERD_BINARY, "-b", "127.0.0.1:0"};
  arguments.insert(arguments.end(), server.begin(), server.end());
  return ServerProcess("/bin/sh", arguments);
}

std::int64_t monotonic_microseconds() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::size_t pets(const std::vector<std::string>& messages) {
  return static_cast<std::size_t>(std::count(messages.begin(), messages.end(), "WATCHDOG=1"));
}

}  // namespace

TEST_CASE("service manager: READY comes when the first generation serves, not before") {
  ServiceManager manager;
  ServerProcess process = notifying(
      manager, {"--workers", "1", "--env", "SCRIPTED_START_TAKES=300", server_app("scripted")});
  const std::string first = manager.wait_for("STATUS=starting: 0 of 1 worker ready");
  CHECK(value_in(first, "READY").empty());
  CHECK(std::stoll(value_in(first, "EXTEND_TIMEOUT_USEC")) >= 60'000'000);
  const std::string ready = manager.wait_for("READY=1");
  CHECK(value_in(ready, "STATUS") == "serving generation 1 with 1 worker");
  CHECK(get(process.wait_until_listening(), "/pid").status == 200);
}

TEST_CASE("service manager: a server that cannot start never says READY") {
  ServiceManager manager;
  ServerProcess process = notifying(manager, {fixture_app("load_hook_fails")});
  CHECK(process.wait_for_exit().code == 4);
  for (const std::string& message : manager.rest()) {
    CHECK(value_in(message, "READY").empty());
  }
}

TEST_CASE("service manager: a reload is told with its time, and its end") {
  ServiceManager manager;
  ServerProcess process = notifying(manager, {"--workers", "2", example_app("hello")});
  manager.wait_for("READY=1");
  for (unsigned generation = 2; generation < 5; ++generation) {
    const std::int64_t before = monotonic_microseconds();
    process.send_signal(SIGHUP);
    const std::string reloading = manager.wait_for("RELOADING=1");
    const std::int64_t told = std::stoll(value_in(reloading, "MONOTONIC_USEC"));
    CHECK(told >= before);
    CHECK(told <= monotonic_microseconds());
    const std::string ready = manager.wait_for("READY=1");
    CHECK(value_in(ready, "STATUS") ==
          "serving generation " + std::to_string(generation) + " with 2 workers");
  }
}

TEST_CASE("service manager: a reload that fails is over as well, and the status says why") {
  ServiceManager manager;
  const TemporaryFolder folder;
  const auto app = folder / "app.so";
  copy_over(fixture_app("good_v1"), app);
  ServerProcess process = notifying(manager, {"--workers", "1", app});
  manager.wait_for("READY=1");
  write_over(app, "garbage");  // Refused before anything was begun.
  process.send_signal(SIGHUP);
  manager.wait_for("RELOADING=1");
  const std::string refused = value_in(manager.wait_for("READY=1"), "STATUS");
  CHECK(contains(refused, "serving generation 1 with 1 worker; the last reload failed: "));
  CHECK(contains(refused, app.string()));
  copy_over(fixture_app("load_hook_fails"), app);  // Fails on the way.
  process.send_signal(SIGHUP);
  manager.wait_for("RELOADING=1");
  CHECK(contains(value_in(manager.wait_for("READY=1"), "STATUS"), "cannot read prices.csv"));
  copy_over(fixture_app("good_v2"), app);
  process.send_signal(SIGHUP);
  CHECK(value_in(manager.wait_for("READY=1"), "STATUS") == "serving generation 3 with 1 worker");
}

TEST_CASE("service manager: a reload that another one supersedes ends with the last one") {
  ServiceManager manager;
  ServerProcess process = notifying(
      manager, {"--workers", "1", "--env", "SCRIPTED_START_TAKES=300", server_app("scripted")});
  manager.wait_for("READY=1");
  process.send_signal(SIGHUP);
  manager.wait_for("RELOADING=1");
  process.wait_for_log("reloading generation=2");
  process.send_signal(SIGHUP);
  manager.wait_for("RELOADING=1");
  CHECK(value_in(manager.wait_for("READY=1"), "STATUS") == "serving generation 3 with 1 worker");
}

TEST_CASE("service manager: a stop is told at its begin, with what is left and how long it takes") {
  const TemporaryFolder folder;
  const auto started = folder / "started";
  ServiceManager manager;
  ServerProcess process =
      notifying(manager, {"--workers", "2", "--graceful-timeout", "7", "--env",
                          "SCRIPTED_STARTED=" + started.string(), server_app("scripted")});
  manager.wait_for("READY=1");
  HttpClient client(process.wait_until_listening());
  client.send("GET /sleep/300 HTTP/1.1\r\nHost: test\r\n\r\n");
  eventually(5s, "the handler runs", [&] { return std::filesystem::exists(started); });
  process.send_signal(SIGTERM);
  const std::string stopping = manager.wait_for("STOPPING=1");
  CHECK(value_in(stopping, "STATUS") == "stopping: 2 workers left");
  CHECK(std::stoll(value_in(stopping, "EXTEND_TIMEOUT_USEC")) >= 9'000'000);
  manager.wait_for("STATUS=stopping: 1 worker left");
  CHECK(client.read_response().body == "slept");
  CHECK(process.wait_for_exit().code == 0);
}

TEST_CASE("service manager: a stop that is delayed is told when it is asked for") {
  ServiceManager manager;
  ServerProcess process = notifying(manager, {"--workers", "1", "--drain-delay", "300ms",
                                              "--graceful-timeout", "7", example_app("hello")});
  manager.wait_for("READY=1");
  process.send_signal(SIGTERM);
  const std::string stopping = manager.wait_for("STOPPING=1");
  CHECK(value_in(stopping, "STATUS") == "stopping: serving on for the drain delay");
  CHECK(std::stoll(value_in(stopping, "EXTEND_TIMEOUT_USEC")) >= 9'300'000);
  CHECK(get(process.wait_until_listening(), "/").status == 200);
  // A reload would be none; nobody is told of one.
  process.send_signal(SIGHUP);
  process.wait_for_log("reload refused");
  manager.wait_for("STATUS=stopping: 1 worker left");
  CHECK(process.wait_for_exit().code == 0);
}

TEST_CASE("service manager: the watchdog is petted twice in its time, while a worker serves") {
  ServiceManager manager;
  ServerProcess process = notifying(
      manager, {"--workers", "1", "--env", "SCRIPTED_START_TAKES=700", server_app("scripted")},
      "WATCHDOG_USEC=200000");
  manager.wait_for("READY=1");
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 10; ++i) {
    manager.wait_for("WATCHDOG=1");
  }
  const auto taken = std::chrono::steady_clock::now() - begin;
  CHECK(taken >= 800ms);
  CHECK(taken < 5s);

  REQUIRE(::kill(process.workers().at(0).pid, SIGKILL) == 0);
  manager.wait_for("STATUS=serving generation 1 with 0 of 1 worker");
  std::vector<std::string> meanwhile;
  eventually(10s, "it serves again", [&] {
    for (std::string& message : manager.rest()) {
      meanwhile.push_back(std::move(message));
    }
    return !meanwhile.empty();
  });
  CHECK(meanwhile[0] == "STATUS=serving generation 1 with 1 worker");
  manager.wait_for("WATCHDOG=1");
}

TEST_CASE("service manager: after an upgrade in place the new program tells") {
  ServiceManager manager;
  ServerProcess process =
      notifying(manager, {"--workers", "1", example_app("hello")}, "WATCHDOG_USEC=60000000");
  manager.wait_for("WATCHDOG=1");
  manager.wait_for("READY=1");
  process.send_signal(SIGUSR2);
  process.wait_for_log("the program was upgraded in place");
  // Half of the time may have passed before: the next one comes at once, not in half a minute.
  manager.wait_for("WATCHDOG=1");
  process.send_signal(SIGHUP);
  manager.wait_for("RELOADING=1");
  CHECK(value_in(manager.wait_for("READY=1"), "STATUS") == "serving generation 2 with 1 worker");
  process.send_signal(SIGTERM);
  manager.wait_for("STOPPING=1");
  CHECK(process.wait_for_exit().code == 0);
}

TEST_CASE("service manager: a watchdog of another process is not ours") {
  ServiceManager manager;
  ServerProcess process = notifying(manager, {"--workers", "1", example_app("hello")},
                                    "WATCHDOG_USEC=10000 WATCHDOG_PID=1");
  manager.wait_for("READY=1");
  process.send_signal(SIGHUP);
  manager.wait_for("RELOADING=1");
  manager.wait_for("READY=1");
  process.send_signal(SIGTERM);
  CHECK(process.wait_for_exit().code == 0);
  CHECK(pets(manager.rest()) == 0);
}

TEST_CASE("service manager: one that is not there is told in the log once, and nothing else") {
  const TemporaryFolder folder;
  ServerProcess process(
      "/bin/sh",
      {"-c", "export NOTIFY_SOCKET=" + (folder / "nobody").string() + "; exec \"$0\" \"$@\"",
       APPSERVERD_BINARY, "-b", "127.0.0.1:0", "--workers", "1", example_app("hello")});
  process.wait_for_log("the service manager cannot be told anything");
  process.wait_for_log("is live generation=1");
  process.send_signal(SIGHUP);
  process.wait_for_log("is live generation=2");
  const std::string log = process.log();
  const std::size_t first = log.find("cannot be told anything");
  CHECK(log.find("cannot be told anything", first + 1) == std::string::npos);
}
