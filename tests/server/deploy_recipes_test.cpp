// The recipes of docs/DEPLOY.md, by the very commands that stand there. The other machine is this
// one: `ssh` and `scp` are programs that run the command, and copy the file, here.
#include <filesystem>
#include <stdexcept>
#include <string>
#include <sys/stat.h>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "support/http_client.h"
#include "support/program_run.h"
#include "support/read_file.h"
#include "support/running_server.h"

using namespace appserver::test;
namespace fs = std::filesystem;

namespace {

void replace_all(std::string& text, const std::string& what, const std::string& with) {
  for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

// The `nth` block of the language below the heading.
std::string block(const std::string& heading, const std::string& language, std::size_t nth = 0) {
  const std::string page = read_file(fs::path(APPSERVER_DOCS) / "DEPLOY.md");
  const std::string fence = "\n```" + language + "\n";
  std::size_t at = page.find("\n## " + heading);
  for (std::size_t i = 0; i <= nth && at != page.npos; ++i) {
    at = page.find(fence, at + 1);
  }
  if (at == page.npos) {
    throw std::runtime_error("docs/DEPLOY.md has no such block below " + heading);
  }
  at += fence.size();
  return page.substr(at, page.find("\n```\n", at) + 1 - at);
}

// A machine as on the page, with its folders inside of a temporary one.
struct Machine {
  TemporaryFolder folder;

  Machine() {
    fs::create_directories(folder / "bin");
    fs::create_directories(folder / "srv/orders");
    fs::create_directories(folder / "build");
    install("ssh", "#!/bin/sh\nshift\nexec sh -c \"$*\"\n");
    install("scp", "#!/bin/sh\ntest \"$1\" = -q && shift\nexec cp \"$1\" \"${2#*:}\"\n");
  }
  void install(const std::string& name, const std::string& script) const {
    write_over(folder / ("bin/" + name), script);
    REQUIRE(::chmod((folder / ("bin/" + name)).c_str(), 0755) == 0);
  }
  // What the page says, with the paths of this machine and times that a test can wait for.
  [[nodiscard]] std::string here(std::string text) const {
    replace_all(text, "/srv/orders", folder / "srv/orders");
    replace_all(text, "/run/appserverd/orders/control.sock", control_socket());
    replace_all(text, "appserverd ctl ", "appserverd ctl -s " + control_socket() + " ");
    replace_all(text, "127.0.0.1:8000", "127.0.0.1:0");
    replace_all(text, "\"30s\"", "\"10ms\"");
    return text;
  }
  [[nodiscard]] std::string control_socket() const { return folder / "control.sock"; }
  void build(const std::string& fixture) const {
    copy_over(fixture_app(fixture), folder / "build/orders.so");
  }
  [[nodiscard]] ProgramRun run(const std::string& commands, const std::string& version) const {
    const std::string program = fs::path(APPSERVERD_BINARY).parent_path();
    return run_program(
        "sh", {"-euc", "umask 022; export VERSION=" + version + " PATH='" +
                           (folder / "bin").string() + ":" + program + "':\"$PATH\"; cd '" +
                           folder.path().string() + "'; " + here(commands)});
  }
  void run_well(const std::string& commands, const std::string& version) const {
    const ProgramRun ended = run(commands, version);
    CAPTURE(ended.output);
    REQUIRE_MESSAGE(ended.status.code == 0, ended.error);
  }
  // The arguments of a server with the configuration of the page, and with what a recipe adds.
  [[nodiscard]] std::vector<std::string> configured(const std::string& addition = {}) const {
    write_over(folder / "orders.toml", here(addition + block("The server", "toml")));
    return {"--config",         folder / "orders.toml", "-w", "2", "--state-dir", folder / "state",
            "--control-socket", control_socket()};
  }
};

// The workers before may take a client in until they have heard of their end.
void answers(const Address& address, const std::string& answer) {
  eventually(10s, answer, [&] { return get(address, "/").body == answer; });
}

// Waits for the answer, and for the end of the deploy that made it.
void wait_for(ServerProcess& server, const Address& address, const std::string& answer,
              unsigned generation) {
  server.wait_for_log("the generation is live generation=" + std::to_string(generation));
  answers(address, answer);
}

}  // namespace

TEST_CASE("recipes: the configuration of the page is right") {
  const Machine machine;
  const std::vector<std::string> arguments = machine.configured();
  CHECK(run_program(APPSERVERD_BINARY, {arguments[0], arguments[1], "--check-config"}).output ==
        "the configuration is valid\n");
}

TEST_CASE("recipes: a folder of releases is followed, forth and back") {
  const std::string heading = "GitOps";
  const std::string deliver = block(heading, "sh", 1);
  const Machine machine;
  machine.run_well(block(heading, "sh", 0), "");
  machine.build("good_v1");
  machine.run_well(deliver, "1.0");
  ServerProcess server(machine.configured(block(heading, "toml")));
  const Address address = server.wait_until_listening();
  wait_for(server, address, "v1", 1);

  machine.build("good_v2");
  machine.run_well(deliver, "1.1");
  wait_for(server, address, "v2", 2);

  machine.build("load_hook_fails");
  machine.run_well(deliver, "1.2");
  const std::string line = server.wait_for_log_line("THE NEW BUILD IS NOT SERVED");
  CHECK(line.find("orders-1.2.so") != line.npos);
  CHECK(get(address, "/").body == "v2");
  machine.run_well(block(heading, "sh", 2), "1.2");

  machine.run_well(block(heading, "sh", 2), "1.1");
  wait_for(server, address, "v1", 4);
}

// Starts with the first version, as if it had been delivered by hand.
struct DeliveredServer {
  explicit DeliveredServer(const Machine& machine) : server(arguments_on(machine)) {
    address = server.wait_until_listening();
    wait_for(server, address, "v1", 1);
    eventually(10s, "the control socket is there",
               [&machine] { return fs::exists(machine.control_socket()); });
  }
  static std::vector<std::string> arguments_on(const Machine& machine) {
    machine.build("good_v1");
    std::vector<std::string> arguments = machine.configured();
    arguments.push_back(machine.folder / "build/orders.so");
    return arguments;
  }

  ServerProcess server;
  Address address;
};

TEST_CASE("recipes: a CI job deploys over ssh, fails with a bad build, and goes back") {
  const std::string heading = "A CI job";
  const Machine machine;
  DeliveredServer delivered(machine);
  machine.build("good_v2");
  machine.run_well(block(heading, "sh", 0), "1.1");
  wait_for(delivered.server, delivered.address, "v2", 2);
  machine.build("load_hook_fails");
  const ProgramRun failed = machine.run(block(heading, "sh", 0), "1.2");
  CHECK(failed.status.code == 1);
  CHECK(failed.output.find("failed") != std::string::npos);
  answers(delivered.address, "v2");
  machine.run_well(block(heading, "sh", 1), "");
  answers(delivered.address, "v1");
}

TEST_CASE("recipes: one call of curl deploys, and its last line has the result") {
  const Machine machine;
  DeliveredServer delivered(machine);
  machine.build("good_v2");
  machine.run_well("cp build/orders.so /srv/orders/orders.so.$VERSION", "1.1");
  const ProgramRun call = machine.run(block("Chat-ops", "sh"), "1.1");
  CHECK(call.output.find("\"event\":\"result\",\"ok\":true,\"outcome\":\"live\"") !=
        std::string::npos);
  answers(delivered.address, "v2");
}
