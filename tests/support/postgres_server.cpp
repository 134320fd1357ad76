#include "support/postgres_server.h"

#include <filesystem>
#include <pwd.h>
#include <signal.h>
#include <stdexcept>
#include <unistd.h>
#include <utility>
#include <vector>

#include "support/becomes_true.h"
#include "support/program_run.h"

namespace appserver::test {
namespace {

constexpr const char* kPrograms = "/usr/lib/postgresql/15/bin/";

struct Command {
  std::string program;
  std::vector<std::string> arguments;
};

// A program of PostgreSQL, run as somebody who is not root.
Command unprivileged(const std::string& program, std::vector<std::string> arguments) {
  if (::geteuid() != 0) {
    return {kPrograms + program, std::move(arguments)};
  }
  arguments.insert(arguments.begin(), {"--reuid=nobody", "--regid=nogroup", "--clear-groups",
                                       "--pdeathsig=KILL", kPrograms + program});
  return {"/usr/bin/setpriv", std::move(arguments)};
}

void give_to_nobody(const std::filesystem::path& folder) {
  const passwd* const nobody = ::getpwnam("nobody");
  if (nobody == nullptr || ::chown(folder.c_str(), nobody->pw_uid, nobody->pw_gid) != 0) {
    throw std::runtime_error("cannot give " + folder.string() + " to nobody");
  }
}

}  // namespace

PostgresServer::PostgresServer() {
  const std::filesystem::path folder = folder_ / "";
  if (::geteuid() == 0) {
    give_to_nobody(folder);
  }
  const Command make = unprivileged(
      "initdb", {"--pgdata=" + (folder_ / "data").string(), "--username=orders", "--auth=trust",
                 "--no-sync", "--no-instructions", "--locale=C", "--encoding=UTF8"});
  const ProgramRun run = run_program(make.program, make.arguments);
  if (run.status.code != 0) {
    throw std::runtime_error("initdb: " + run.error);
  }
  start();
}

PostgresServer::~PostgresServer() {
  process_->send_signal(SIGQUIT);
  static_cast<void>(becomes_true(5s, [this] { return process_->processes().empty(); }));
}

std::string PostgresServer::where() const {
  return "host=" + (folder_ / "").string() + " user=orders dbname=postgres";
}

void PostgresServer::kill() {
  process_->send_signal(SIGKILL);
  static_cast<void>(process_->wait_for_exit());
}

// After a kill it refuses to start for as long as its old processes have not noticed.
void PostgresServer::start() {
  eventually(10s, "PostgreSQL takes connections", [this] {
    if (process_ == nullptr || process_->processes().empty()) {
      launch();
    }
    return process_->log().find("database system is ready to accept connections") !=
           std::string::npos;
  });
}

void PostgresServer::launch() {
  Command command =
      unprivileged("postgres", {"-D", (folder_ / "data").string(), "-k", (folder_ / "").string(),
                                "-c", "listen_addresses=", "-c", "fsync=off", "-c",
                                "dynamic_shared_memory_type=mmap", "-c", "max_connections=60"});
  process_ = std::make_unique<ServerProcess>(command.program, std::move(command.arguments));
}

}  // namespace appserver::test
