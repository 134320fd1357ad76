// A program that makes itself the master of a pre-fork server.
#include <algorithm>
#include <filesystem>
#include <signal.h>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/http_client.h"
#include "support/load_client.h"
#include "support/running_server.h"
#include "support/server_process.h"
#include "support/text_search.h"

using namespace appserver::test;

namespace {

// The program tests/embed/programs/embedding.cpp.
ServerProcess start(std::vector<std::string> arguments) {
  return ServerProcess(APPSERVER_EMBEDDING_PROGRAM, std::move(arguments));
}

pid_t worker_of(const Address& address) {
  return std::stoi(get(address, "/pid").body);
}

}  // namespace

TEST_CASE("embedded master: a linked app is served by processes that are forked from the program") {
  ServerProcess process = start({"plain"});
  const Address address = process.wait_until_listening();
  process.wait_for_log("the generation is live");
  CHECK(get(address, "/").body == "linked");
  CHECK(worker_of(address) != process.pid());
  CHECK(process.processes().size() == 4);          // The master, the zygote, two workers.
  CHECK(get(address, "/note").body == "written");  // By a descriptor of the program's.
  process.send_signal(SIGTERM);
  CHECK(process.wait_for_exit().code == 0);
  CHECK(process.output() == "before\nended 0 \nall as before\nat exit\n");
}

TEST_CASE("embedded master: what a worker asks of the program's Server is nobody's business") {
  ServerProcess process = start({"plain"});
  const Address address = process.wait_until_listening();
  CHECK(get(address, "/stop").body == "asked");
  CHECK(get(address, "/").body == "linked");
  process.send_signal(SIGTERM);
  CHECK(process.wait_for_exit().code == 0);
  CHECK(occurrences(process.log(), "stopping gracefully signal=SIGTERM") == 1);
  CHECK(occurrences(process.log(), "stopping gracefully") == 1);
}

TEST_CASE(
    "embedded master: a worker that crashes under load is replaced, and only its request fails") {
  ServerProcess process = start({"plain"});
  const Address address = process.wait_until_listening();
  process.wait_for_log("the generation is live");
  LoadClient load(address, "/", 8);
  load.wait_for_answers(500);
  CHECK(get(address, "/crash").status == 500);
  load.wait_for_answers(500);
  const LoadCounts counts = load.stop();
  CAPTURE(counts.text());
  CHECK(counts.resets + counts.refused + counts.unannounced_closes + counts.malformed == 0);
  CHECK(counts.other_statuses.empty());
  process.wait_for_log("embedding.cpp");  // The stack names the program.
  process.send_signal(SIGTERM);
  CHECK(process.wait_for_exit().code == 0);
}

TEST_CASE("embedded master: with signals left to the program, its handlers reload and stop it") {
  ServerProcess process = start({"own-signals"});
  const Address address = process.wait_until_listening();
  process.wait_for_log("the generation is live generation=1");
  const pid_t before = worker_of(address);
  LoadClient load(address, "/", 8);
  load.wait_for_answers(500);
  process.send_signal(SIGHUP);
  process.wait_for_log("the generation is live generation=2");
  load.wait_for_answers(500);
  const LoadCounts counts = load.stop();
  CAPTURE(counts.text());
  CHECK(counts.failed() == 0);
  CHECK(worker_of(address) != before);
  process.send_signal(SIGTERM);
  CHECK(process.wait_for_exit().code == 0);
  CHECK(process.output().find("all as before") != std::string::npos);
}

TEST_CASE("embedded master: a file is served, and a reload takes what lies there by then") {
  TemporaryFolder folder;
  const std::string app = (folder / "app.so").string();
  copy_over(example_app("hello"), app);
  ServerProcess process = start({"plain", app});
  const Address address = process.wait_until_listening();
  CHECK(get(address, "/").body == "Hello, World!");
  copy_over(example_app("echo"), app);
  process.send_signal(SIGHUP);
  process.wait_for_log("the generation is live generation=2");
  HttpClient client(address);
  eventually(10s, "the old worker has left",
             [&client] { return client.request("POST", "/", "echoed").body == "echoed"; });
  process.send_signal(SIGTERM);
  CHECK(process.wait_for_exit().code == 0);
}

TEST_CASE("embedded master: one after the other is possible in a process") {
  ServerProcess process = start({"twice"});
  process.wait_until_listening();
  process.wait_for_log("the generation is live");
  process.send_signal(SIGTERM);
  eventually(20s, "the second one is live",
             [&] { return occurrences(process.log(), "the generation is live") == 2; });
  process.send_signal(SIGTERM);
  CHECK(process.wait_for_exit().code == 0);
  CHECK(occurrences(process.output(), "all as before") == 2);
}

TEST_CASE(
    "embedded master: an upgrade in place is refused, as nobody knows how to start the program") {
  ServerProcess process = start({"plain"});
  const Address address = process.wait_until_listening();
  process.wait_for_log("the generation is live");
  process.send_signal(SIGUSR2);
  process.wait_for_log("it is not known how this program was started");
  CHECK(get(address, "/").body == "linked");
}

TEST_CASE("embedded master: USR2 executes the program anew, and HUP then brings its code") {
  TemporaryFolder folder;
  const std::string program = (folder / "program").string();
  std::filesystem::copy_file(APPSERVER_EMBEDDING_PROGRAM, program);
  ServerProcess process(program, {"upgradable"});
  const Address address = process.wait_until_listening();
  process.wait_for_log("the generation is live generation=1");
  CHECK(get(address, "/version").body == "1");
  LoadClient load(address, "/", 8);
  load.wait_for_answers(500);
  std::filesystem::copy_file(APPSERVER_EMBEDDING_PROGRAM_2, program + ".new");
  std::filesystem::rename(program + ".new", program);
  process.send_signal(SIGUSR2);
  process.wait_for_log("the program was upgraded in place");
  load.wait_for_answers(500);
  CHECK(get(address, "/version").body == "1");  // The workers stayed.
  process.send_signal(SIGHUP);
  process.wait_for_log("the generation is live generation=2");
  CHECK(get(address, "/version").body == "2");
  load.wait_for_answers(500);
  const LoadCounts counts = load.stop();
  CAPTURE(counts.text());
  CHECK(counts.failed() == 0);
  process.send_signal(SIGTERM);
  CHECK(process.wait_for_exit().code == 0);
}

TEST_CASE("embedded master: without libev's default loop it says so, and forks nothing") {
  ServerProcess process = start({"default-loop"});
  CHECK(process.wait_for_exit().code == 1);
  CHECK(process.output().find("libev's default loop is in use") != std::string::npos);
}
