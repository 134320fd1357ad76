// What is told of a crash: one event, with the stack, the request, and everybody who wants to know.
#include <algorithm>
#include <chrono>
#include <signal.h>
#include <string>
#include <vector>

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "support/http_client.h"
#include "support/running_server.h"

using namespace appserver::test;
namespace json = boost::json;

namespace {

std::string crash_request(const std::string& how) {
  return "GET /crash/" + how + "?query HTTP/1.1\r\nHost: a\r\nX-Request-Id: id-" + how + "\r\n\r\n";
}

// Crashes a worker and returns the answer's status.
int crash(const Address& address, const std::string& how) {
  HttpClient client(address);
  client.send(crash_request(how));
  return static_cast<int>(client.read_response().status);
}

// The events of a JSON log with this message.
std::vector<json::object> events(const RunningServer& server, std::string_view message) {
  std::vector<json::object> found;
  const std::string log = server.process.log();
  for (std::size_t at = 0; at < log.size();) {
    const std::size_t end = std::min(log.find('\n', at), log.size());
    const std::string line = log.substr(at, end - at);
    at = end + 1;
    if (!line.starts_with("{")) {
      continue;  // What the app's runtime prints.
    }
    json::object event = json::parse(line).as_object();
    if (event.at("message").as_string() == message) {
      found.push_back(std::move(event));
    }
  }
  return found;
}

json::object wait_for_event(const RunningServer& server, std::string_view message) {
  eventually(10s, std::string(message), [&] { return !events(server, message).empty(); });
  return events(server, message).front();
}

std::string text_of(const json::object& event, std::string_view key) {
  const json::value* value = event.if_contains(key);
  return value == nullptr ? "" : std::string(value->as_string());
}

RunningServer json_server(std::vector<std::string> extra = {}) {
  extra.insert(extra.end(), {"--log-format", "json"});
  return RunningServer(server_app("crashes"), 1, std::move(extra));
}

}  // namespace

TEST_CASE("crash report: the stack names the app's function, for each kind of crash") {
  struct Kind {
    std::string how;
    std::string signal;
    std::string function;
  };
  std::vector<Kind> kinds{{"segv", "SIGSEGV", "write_nowhere()"},
                          {"overflow", "SIGSEGV", "overflow_stack(int)"},
                          {"terminate", "SIGABRT", "appserver::test::crash("},
                          {"nothing", "SIGSEGV", "call_nothing()"},
                          {"lost", "SIGSEGV", "lose_the_stack()"},
                          {"thread", "SIGSEGV", "write_nowhere()"}};
#if !defined(__SANITIZE_ADDRESS__)  // Which ends the process by itself, without a signal.
  kinds.push_back({"heap", "SIGABRT", "appserver::test::crash("});
#endif
  for (const Kind& kind : kinds) {
    CAPTURE(kind.how);
    RunningServer server = json_server();
    CHECK(crash(server.address, kind.how) == 500);
    const json::object event = wait_for_event(server, "a worker crashed");
    CAPTURE(json::serialize(event));
    CHECK(text_of(event, "appserver.signal") == kind.signal);
    const std::string stack = text_of(event, "error.stack_trace");
    CHECK(stack.find(kind.function) != std::string::npos);
    CHECK(stack.find("ways_to_crash.h:") != std::string::npos);
    CHECK(stack.find("(crashes.so+0x") != std::string::npos);
    CHECK(text_of(event, "appserver.ended_by").empty());
    // And the worker is there again.
    server.process.wait_for_workers(1);
    CHECK(get(server.address, "/fine").body == "fine");
    CHECK(events(server, "a worker crashed").size() == 1);
    CHECK(events(server, "a worker died").empty());
  }
}

TEST_CASE("crash report: the event has the request, the address and the worker") {
  RunningServer server = json_server();
  const pid_t pid = server.process.workers().at(0).pid;
  CHECK(crash(server.address, "segv") == 500);
  const json::object event = wait_for_event(server, "a worker crashed");
  CAPTURE(json::serialize(event));
  CHECK(text_of(event, "log.level") == "error");
  CHECK(text_of(event, "appserver.fault_address") == "0x10");
  CHECK(text_of(event, "appserver.cause") == "address not mapped");
  CHECK(text_of(event, "appserver.method") == "GET");
  CHECK(text_of(event, "appserver.target") == "/crash/segv?query");
  CHECK(text_of(event, "appserver.request_id") == "id-segv");
  CHECK(text_of(event, "appserver.peer").starts_with("127.0.0.1:"));
  CHECK(event.at("appserver.seconds_in_handler").as_double() < 5.0);
  CHECK(event.at("appserver.in_handler").as_bool());
  CHECK(event.at("appserver.worker_pid").as_int64() == pid);
  CHECK(event.at("appserver.slot").as_int64() == 0);
  CHECK(event.at("appserver.generation").as_int64() == 1);
}

TEST_CASE("crash report: a request without an id gets one") {
  RunningServer server = json_server();
  CHECK(get(server.address, "/crash/abort").status == 500);
  const json::object event = wait_for_event(server, "a worker crashed");
  CHECK(text_of(event, "appserver.request_id").size() == 16);
}

TEST_CASE("crash report: with --lazy, where the zygote has not loaded the app, it has names too") {
  RunningServer server = json_server({"--lazy"});
  CHECK(crash(server.address, "segv") == 500);
  const std::string stack =
      text_of(wait_for_event(server, "a worker crashed"), "error.stack_trace");
  CAPTURE(stack);
  CHECK(stack.find("appserver::test::crash(") != std::string::npos);
}

TEST_CASE("crash report: a zygote that dies over it delays nothing") {
  RunningServer server = json_server();
  const pid_t zygote = server.process.zygotes().at(0).pid;
  REQUIRE(::kill(zygote, SIGSTOP) == 0);
  CHECK(crash(server.address, "segv") == 500);
  REQUIRE(::kill(zygote, SIGKILL) == 0);
  // Whether it was asked already or its successor is: nobody waits until the time for names is up.
  const auto start = std::chrono::steady_clock::now();
  const std::string stack =
      text_of(wait_for_event(server, "a worker crashed"), "error.stack_trace");
  CHECK(std::chrono::steady_clock::now() - start < 4s);
  CAPTURE(stack);
  CHECK(stack.find("(crashes.so+0x") != std::string::npos);
}

TEST_CASE("crash report: a zygote that does not answer delays the event for some seconds only") {
  RunningServer server = json_server();
  const pid_t zygote = server.process.zygotes().at(0).pid;
  REQUIRE(::kill(zygote, SIGSTOP) == 0);
  CHECK(crash(server.address, "segv") == 500);
  const json::object event = wait_for_event(server, "a worker crashed");
  const std::string stack = text_of(event, "error.stack_trace");
  CAPTURE(stack);
  CHECK(stack.starts_with("#0 0x"));
  CHECK(stack.find("(crashes.so+0x") != std::string::npos);
  REQUIRE(::kill(zygote, SIGCONT) == 0);
  server.process.wait_for_workers(1);
  CHECK(events(server, "a worker crashed").size() == 1);
}

TEST_CASE("crash report: a signal from outside says who sent it, and names no fault address") {
  RunningServer server = json_server();
  REQUIRE(::kill(server.process.workers().at(0).pid, SIGSEGV) == 0);
  const json::object event = wait_for_event(server, "a worker crashed");
  CHECK(text_of(event, "appserver.cause") == "sent by process " + std::to_string(::getpid()));
  CHECK_FALSE(event.contains("appserver.fault_address"));
  CHECK_FALSE(event.contains("appserver.method"));
}

TEST_CASE("crash report: as text, the stack follows its line, indented") {
  RunningServer server(server_app("crashes"), 1);
  CHECK(crash(server.address, "segv") == 500);
  const std::string line = server.process.wait_for_log_line("a worker crashed");
  CHECK(line.find("signal=SIGSEGV") != std::string::npos);
  server.process.wait_for_log("    #0 appserver::test::write_nowhere()");
}

TEST_CASE("crash report: a handler over its deadline is told with the stack it hangs in") {
  RunningServer server(server_app("scripted"), 1, {"--timeout", "300ms", "--log-format", "json"});
  CHECK(get(server.address, "/sleep/60000").status == 504);
  const json::object event =
      wait_for_event(server, "a worker was ended because a handler took too long");
  CAPTURE(json::serialize(event));
  CHECK(text_of(event, "appserver.target") == "/sleep/60000");
  CHECK(event.at("appserver.seconds_in_handler").as_double() > 0.25);
  CHECK_FALSE(event.contains("appserver.signal"));
  CHECK(text_of(event, "error.stack_trace").find("scripted.so") != std::string::npos);
}
