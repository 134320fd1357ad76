// The control socket and the admin process behind it, as appserverd ctl and curl see them.
#include <filesystem>
#include <fstream>
#include <signal.h>
#include <string>
#include <sys/stat.h>
#include <vector>

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "support/http_client.h"
#include "support/load_client.h"
#include "support/program_run.h"
#include "support/running_server.h"
#include "support/temporary_folder.h"

using namespace appserver::test;
namespace json = boost::json;

namespace {

// A server with a control socket in a folder of its own.
struct ControlledServer {
  explicit ControlledServer(unsigned workers, std::vector<std::string> extra = {})
      : server(server_app("release_good"), workers, with_socket(std::move(extra))) {}

  [[nodiscard]] std::string socket() const { return folder / "control.sock"; }
  [[nodiscard]] std::vector<std::string> with_socket(std::vector<std::string> extra) const {
    extra.insert(extra.begin(), {"--control-socket", socket()});
    return extra;
  }

  TemporaryFolder folder;
  RunningServer server;
  ServerProcess& process = server.process;
  const Address& address = server.address;
};

ProgramRun ctl(const std::string& socket, std::vector<std::string> words) {
  words.insert(words.begin(), {"ctl", "-s", socket});
  return run_program(APPSERVERD_BINARY, std::move(words));
}
ProgramRun ctl(const ControlledServer& server, std::vector<std::string> words) {
  return ctl(server.socket(), std::move(words));
}

json::object status_of(const ControlledServer& server) {
  const ProgramRun run = ctl(server, {"status", "--json"});
  REQUIRE_MESSAGE(run.status.code == 0, run.error);
  return json::parse(run.output).as_object();
}

std::string curl(const std::string& socket, std::vector<std::string> options) {
  options.insert(options.begin(), {"-s", "--unix-socket", socket});
  return run_program("curl", std::move(options)).output;
}

pid_t admin_of(const ControlledServer& server) {
  std::ifstream children("/proc/" + std::to_string(server.process.pid()) + "/task/" +
                         std::to_string(server.process.pid()) + "/children");
  for (pid_t pid = 0; children >> pid;) {
    std::ifstream title("/proc/" + std::to_string(pid) + "/cmdline");
    std::string text;
    std::getline(title, text, '\0');
    if (text == "appserverd: admin") {
      return pid;
    }
  }
  return 0;
}

void wait_for_control(const ControlledServer& server) {
  eventually(10s, "the control socket answers",
             [&server] { return ctl(server, {"workers"}).status.code == 0; });
}

}  // namespace

TEST_CASE("control: the status tells what there is") {
  ControlledServer server(2);
  wait_for_control(server);
  CHECK(get(server.address, "/").status == 200);
  const json::object status = status_of(server);
  const json::object& about = status.at("server").as_object();
  CHECK(about.at("pid").as_int64() == server.process.pid());
  CHECK(about.at("state").as_string() == "serving");
  CHECK(about.at("workers").as_int64() == 2);
  CHECK(status.at("slots").as_array().size() == 2);
  CHECK(status.at("generations").at(0).at("state").as_string() == "live");
  CHECK(status.at("releases").at(0).at("live").as_bool());
  CHECK(status.at("deploy").is_null());
  CHECK(json::parse(curl(server.socket(), {"http://x/status"})).is_object());
  CHECK(ctl(server, {"status"}).output.find("serving for") != std::string::npos);
  CHECK(ctl(server, {"metrics"}).output.find("appserver_workers{state=\"serving\"} 2") !=
        std::string::npos);
}

TEST_CASE("control: a deploy under load, the way back, and what was asked of whom") {
  TemporaryFolder folder;
  copy_over(server_app("release_good"), folder / "next.so");
  std::ofstream(folder / "next.so", std::ios::app) << "another release";
  ControlledServer server(2);
  wait_for_control(server);
  LoadClient load(server.address, "/", 8);
  load.wait_for_answers(100);

  const ProgramRun deployed = ctl(server, {"deploy", folder / "next.so"});
  CHECK(deployed.status.code == 0);
  CHECK(deployed.output.find("slot 0: slot swapped") != std::string::npos);
  CHECK(deployed.output.find("live: generation 2, release 2") != std::string::npos);
  CHECK(ctl(server, {"deploy", folder / "next.so"}).output.find("unchanged") == 0);
  CHECK(ctl(server, {"rollback"}).output.find("live: generation 1, release 1") !=
        std::string::npos);
  CHECK(ctl(server, {"reload"}).status.code == 0);
  load.wait_for_answers(100);
  const LoadCounts counts = load.stop();
  CAPTURE(counts.text());
  CHECK(counts.failed() == 0);

  const json::object status = status_of(server);
  const json::array& deploys = status.at("deploys").as_array();
  REQUIRE(deploys.size() == 3);
  CHECK(deploys.at(0).at("outcome").as_string() == "live");
  CHECK(deploys.at(0).at("who").as_string().starts_with("uid " + std::to_string(::getuid())));
  server.process.wait_for_log("a command was given command=deploy uid=" +
                              std::to_string(::getuid()));
}

TEST_CASE("control: what cannot be deployed is refused, and changes nothing") {
  TemporaryFolder folder;
  write_over(folder / "text.so", "no library");
  ControlledServer server(2);
  wait_for_control(server);
  for (const std::string& path :
       {std::string(folder / "text.so"), folder.path().string(), std::string(folder / "none.so")}) {
    CAPTURE(path);
    const ProgramRun run = ctl(server, {"deploy", path});
    CHECK(run.status.code == 1);
    CHECK(run.output.find("refused") == 0);
    CHECK(run.output.find(path) != std::string::npos);
  }
  const ProgramRun failed =
      ctl(server, {"deploy", server_app("release_crashing"), "--canary", "1"});
  CHECK(failed.status.code == 0);  // It crashes at requests only, and there are none.
  CHECK(ctl(server, {"deploy", server_app("worker_start_fails")}).status.code == 1);
  CHECK(get(server.address, "/").status == 200);
}

TEST_CASE("control: a release that the watch takes back exits with 2") {
  for (const std::string bad : {"release_failing", "release_crashing"}) {
    CAPTURE(bad);
    ControlledServer server(2);
    wait_for_control(server);
    LoadClient load(server.address, "/", 8);
    load.wait_for_answers(100);
    const ProgramRun run =
        ctl(server, {"deploy", server_app(bad), "--canary", "1", "--watch", "3s"});
    CAPTURE(run.output);
    CHECK(run.status.code == 2);
    CHECK(run.output.find("rolled back") != std::string::npos);
    static_cast<void>(load.stop());
    CHECK(ctl(server, {"status"}).status.code == 0);
    CHECK(get(server.address, "/").status == 200);
  }
}

TEST_CASE("control: commands wait until their effect is reached") {
  ControlledServer server(2);
  wait_for_control(server);
  CHECK(ctl(server, {"scale", "4"}).status.code == 0);
  CHECK(server.process.workers().size() == 4);
  const auto before = server.process.workers();
  CHECK(ctl(server, {"recycle"}).status.code == 0);
  const auto after = server.process.workers();
  REQUIRE(after.size() == 4);
  for (std::size_t slot = 0; slot < 4; ++slot) {
    CHECK(after[slot].pid != before[slot].pid);
  }
  CHECK(ctl(server, {"logs", "level", "error"}).status.code == 0);
  CHECK(ctl(server, {"logs", "reopen"}).status.code == 0);
  CHECK(ctl(server, {"stop"}).status.code == 0);
  CHECK(server.process.wait_for_exit().code == 0);
  CHECK_FALSE(std::filesystem::exists(server.socket()));
  const ProgramRun gone = ctl(server, {"status"});
  CHECK(gone.status.code == 3);
  CHECK(gone.error.find("there is no such socket") != std::string::npos);
}

TEST_CASE("control: the admin process dies again and again, and nobody else notices") {
  ControlledServer server(2);
  wait_for_control(server);
  LoadClient load(server.address, "/", 8);
  load.wait_for_answers(100);
  for (int i = 0; i < 3; ++i) {
    pid_t admin = 0;
    eventually(10s, "there is an admin process", [&] { return (admin = admin_of(server)) != 0; });
    ::kill(admin, SIGKILL);
    server.process.wait_for_log("the admin process died; another one takes its place pid=" +
                                std::to_string(admin));
    wait_for_control(server);
    load.wait_for_answers(50);
  }
  const LoadCounts counts = load.stop();
  CAPTURE(counts.text());
  CHECK(counts.failed() == 0);
}

TEST_CASE("control: it goes on after an upgrade in place") {
  ControlledServer server(1);
  wait_for_control(server);
  server.process.send_signal(SIGUSR2);
  server.process.wait_for_log("the program was upgraded in place");
  wait_for_control(server);
  CHECK(ctl(server, {"scale", "2"}).status.code == 0);
}

TEST_CASE("control: over TCP there is only looking, and not for pages of others") {
  ControlledServer server(1, {"--admin", "127.0.0.1:0"});
  const std::string line = server.process.wait_for_log_line("the state can be read at http://");
  const std::string address = line.substr(line.find("http://"));
  const auto status_of = [](std::vector<std::string> options) {
    options.insert(options.begin(), {"-s", "-o", "/dev/null", "-w", "%{http_code}"});
    return run_program("curl", std::move(options)).output;
  };
  CHECK(status_of({address + "/status"}) == "200");
  CHECK(status_of({"-X", "POST", address + "/stop"}) == "403");
  CHECK(status_of({"-H", "Host: evil.example", address + "/status"}) == "403");
  CHECK(status_of({"-H", "Host: localhost", address + "/metrics"}) == "200");
  CHECK(get(server.address, "/").status == 200);
}

TEST_CASE("control: the socket is private, and its requests are read strictly") {
  ControlledServer server(1);
  wait_for_control(server);
  const std::string socket = server.socket();
  struct stat facts {};
  REQUIRE(::stat(socket.c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0600);
  CHECK(curl(socket, {"-d", "{\"path\": 3}", "http://x/deploy"}).find("error") !=
        std::string::npos);
  CHECK(curl(socket, {"-d", "{\"paht\": \"a\"}", "http://x/deploy"}).find("paht") !=
        std::string::npos);
  CHECK(curl(socket, {"-d", "not json", "http://x/scale"}).find("error") != std::string::npos);
  CHECK(curl(socket, {"-d", "{\"workers\": 100000}", "http://x/scale"}).find("done") ==
        std::string::npos);
  CHECK(curl(socket, {"-X", "DELETE", "-o", "/dev/null", "-w", "%{http_code}",
                      "http://x/status"}) == "405");
  CHECK(server.process.workers().size() == 1);
}

TEST_CASE("control: a socket that another server has is left alone, one of a dead server is not") {
  TemporaryFolder folder;
  const std::string path = folder / "c.sock";
  RunningServer first(server_app("release_good"), 1, {"--control-socket", path});
  RunningServer second(server_app("release_good"), 1, {"--control-socket", path});
  second.process.wait_for_log("there is no control socket; it is tried again");
  CHECK(ctl(path, {"status", "--json"})
            .output.find("\"pid\":" + std::to_string(first.process.pid())) != std::string::npos);
  first.process.send_signal(SIGKILL);
  static_cast<void>(first.process.wait_for_exit());
  RunningServer third(server_app("release_good"), 1, {"--control-socket", path});
  eventually(10s, "the third one answers",
             [&path] { return ctl(path, {"workers"}).status.code == 0; });
}

TEST_CASE("control: a server that gets its socket later tells what happens from then on") {
  TemporaryFolder folder;
  const std::string path = folder / "c.sock";
  RunningServer first(server_app("release_good"), 1, {"--control-socket", path});
  RunningServer second(server_app("release_good"), 1, {"--control-socket", path});
  second.process.wait_for_log("there is no control socket; it is tried again");
  first.process.send_signal(SIGTERM);
  CHECK(first.process.wait_for_exit().code == 0);
  eventually(10s, "the second one has the socket", [&path] {
    return ctl(path, {"logs", "level", "info"}).status.code == 0;
  });
  const std::string events = "curl -sN --unix-socket " + path + " http://localhost/events 2>&1";
  const ProgramRun found =
      run_program("bash", {"-c", "timeout 10 grep -m1 'a command was given' < <(" + events + ")"});
  CHECK(found.output.find("\"level\":\"info\"") != std::string::npos);
}

TEST_CASE("control: bash completes what the program knows") {
  TemporaryFolder folder;
  const ProgramRun script = run_program(APPSERVERD_BINARY, {"completion", "bash"});
  REQUIRE(script.status.code == 0);
  write_over(folder / "completion", script.output);
  const auto complete = [&folder](const std::string& words, const std::string& index) {
    const std::string ask = ". " + std::string(folder / "completion") + "; COMP_WORDS=(" + words +
                            "); COMP_CWORD=" + index + "; _appserverd; echo ${COMPREPLY[*]}";
    return run_program("bash", {"-c", ask}).output;
  };
  CHECK(complete("appserverd c", "1") == "check completion ctl\n");
  CHECK(complete("appserverd ctl sc", "2") == "scale\n");
  CHECK(complete("appserverd ctl deploy --ca", "3") == "--canary\n");
  CHECK(complete("appserverd --worker-c", "1") == "--worker-connections\n");
  CHECK(complete("appserverd completion f", "2") == "fish\n");
}
