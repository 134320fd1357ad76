// Programs that a server cannot be upgraded to: the running one goes on, and says why.
#include <filesystem>
#include <fstream>
#include <memory>
#include <signal.h>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "server/upgradable_server.h"
#include "support/http_client.h"
#include "support/load_client.h"
#include "support/read_file.h"
#include "support/running_server.h"

using namespace appserver::test;

namespace {

constexpr const char* kRefused = "the upgrade failed; the running program goes on";
constexpr const char* kPutBack = "the upgrade failed; the program before it was put back";

// A server under load, and what becomes of it when a bad program is installed.
struct Attempt {
  explicit Attempt(std::vector<std::string> extra = {})
      : server(std::move(extra)), load(server.address, "/", 4) {
    load.wait_for_answers(50);
    server.process.wait_for_log("the generation is live");  // All files of the start are closed.
    descriptors = descriptors_of(server.process.pid());
  }

  std::filesystem::path script(const std::string& text) const {
    write_over(server.folder / "script", text);
    std::filesystem::permissions(server.folder / "script", std::filesystem::perms::owner_all);
    return server.folder / "script";
  }
  std::filesystem::path stand_in(const std::string& mode) const {
    write_over(server.folder / "mode", mode);
    return APPSERVER_UPGRADE_STAND_IN;
  }

  // Returns: the line that says why not.
  std::string try_out(const std::filesystem::path& program, const char* outcome = kRefused) {
    server.install(program);
    const int before = server.lines_with(outcome);
    server.process.send_signal(SIGUSR2);
    eventually(20s, "the upgrade fails", [&] { return server.lines_with(outcome) > before; });
    load.wait_for_answers(50);
    const std::string log = server.process.log();
    const std::size_t at = log.rfind(outcome);
    return log.substr(at, log.find('\n', at) - at);
  }

  // All is as it was, and a good program is still welcome.
  void check_unharmed() {
    const auto all = processes_in_group(server.process.pid());
    CHECK(all.size() == 4);
    CHECK(descriptors_of(server.process.pid()) == descriptors);
    const std::string proc = "/proc/" + std::to_string(server.process.pid());
    CHECK(read_file(proc + "/comm") == "appserverd\n");
    CHECK(read_file(proc + "/cmdline").starts_with("appserverd: master hello"));
    server.install(APPSERVERD_BINARY);
    server.upgrade();
    server.process.send_signal(SIGHUP);
    server.process.wait_for_generation(2, 2);
    const LoadCounts counts = load.stop();
    CAPTURE(counts.text());
    CHECK(counts.failed() == 0);
    CHECK(counts.sent == counts.answered_in_all());
    server.process.send_signal(SIGTERM);
    CHECK(server.process.wait_for_exit().code == 0);
  }

  UpgradableServer server;
  LoadClient load;
  std::vector<std::string> descriptors;
};

void check_says(const std::string& line, const std::string& text) {
  CAPTURE(line);
  CHECK(line.find(text) != std::string::npos);
}

}  // namespace

TEST_CASE("upgrade: a program that cannot be executed, or is another, is refused") {
  Attempt attempt;
  check_says(attempt.try_out(attempt.server.folder / "missing"), "No such file or directory");
  write_over(attempt.server.folder / "plain", "text");
  check_says(attempt.try_out(attempt.server.folder / "plain"), "Permission denied");
  std::filesystem::copy_file(APPSERVERD_BINARY, attempt.server.folder / "cut");
  std::filesystem::resize_file(attempt.server.folder / "cut", 5000);
  check_says(attempt.try_out(attempt.server.folder / "cut"), "the new program ");
  check_says(attempt.try_out("/bin/true"), "does not know how to take over");
  check_says(attempt.try_out(attempt.script("#!/bin/sh\necho what is this\nexit 1\n")),
             "exited with status 1; it said: what is this");
  attempt.check_unharmed();
}

TEST_CASE("upgrade: a program that dies or leaves something behind while it is probed is refused") {
  Attempt attempt;
  check_says(attempt.try_out(attempt.stand_in("dies")), "the new program died of SIGSEGV");
  check_says(attempt.try_out(attempt.stand_in("leaves its children")), "exited with status 3");
  eventually(5s, "its child is gone", [&] {
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      std::error_code error;
      if (std::filesystem::read_symlink(entry.path() / "exe", error) ==
          APPSERVER_UPGRADE_STAND_IN) {
        return false;
      }
    }
    return true;
  });
  attempt.check_unharmed();
}

TEST_CASE("upgrade: a program that gives no answer is refused after the boot timeout") {
  Attempt attempt({"--boot-timeout", "2"});
  check_says(attempt.try_out(attempt.stand_in("hangs")),
             "gave no answer within boot_timeout, 2000 ms; it said: thinking");
  attempt.check_unharmed();
}

TEST_CASE("upgrade: a program of another protocol is refused, and says what to do") {
  Attempt attempt;
  check_says(attempt.try_out(attempt.stand_in("other protocol")), "restart the server instead");
  attempt.check_unharmed();
}

TEST_CASE("upgrade: a program that cannot read the configuration is refused") {
  const TemporaryFolder folder;
  const auto config = folder / "config.toml";
  write_over(config, "keep_alive = 5\n");
  Attempt attempt({"-c", config.string()});
  write_over(config, "keep_alife = 5\n");
  check_says(attempt.try_out(APPSERVERD_BINARY), "keep_alife");
  write_over(config, "keep_alive = 5\n");
  attempt.check_unharmed();
}

TEST_CASE("upgrade: a program that fails when it has taken over puts the old one back") {
  for (const auto& [mode, why] :
       {std::pair{"gets garbage", "cannot be read"},
        {"gets another process", "is no child of this process"},
        {"crashes", "the new program died of SIGSEGV"},
        {"takes too long", "the new program did not take over in time"}}) {
    CAPTURE(std::string(mode));
    Attempt attempt;
    const auto line = attempt.try_out(attempt.stand_in(mode), kPutBack);
    check_says(line, why);
    check_says(line, "program=" + attempt.server.path.string());
    attempt.check_unharmed();
  }
}

TEST_CASE("upgrade: a server that stops is not upgraded") {
  Attempt attempt;
  attempt.server.install(attempt.stand_in("hangs"));
  attempt.server.process.send_signal(SIGUSR2);
  attempt.server.process.wait_for_log("upgrading the program in place");
  attempt.server.process.send_signal(SIGTERM);
  CHECK(attempt.server.process.wait_for_exit().code == 0);
  CHECK(attempt.server.upgrades() == 0);
}
