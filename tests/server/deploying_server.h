#pragma once

#include <filesystem>
#include <signal.h>
#include <string>
#include <string_view>
#include <vector>

#include "support/running_server.h"

namespace appserver::test {

// A server whose app and configuration are files that the test changes; SIGHUP deploys them.
struct DeployingServer {
  explicit DeployingServer(std::string_view configuration, unsigned workers = 3,
                           const std::string& release = "release_good")
      : app(install(release)), server(app, workers, {"--config", write(configuration)}) {}

  // Puts another release in the place of the app, and deploys it.
  void deploy(const std::string& release) {
    copy_over(server_app(release), app);
    process().send_signal(SIGHUP);
  }
  [[nodiscard]] ServerProcess& process() { return server.process; }
  [[nodiscard]] const Address& address() const { return server.address; }

  // The pids of all workers, by slot.
  [[nodiscard]] std::vector<pid_t> workers() const {
    std::vector<pid_t> pids;
    for (const WorkerEntry& worker : server.process.workers()) {
      pids.push_back(worker.pid);
    }
    return pids;
  }

  TemporaryFolder folder;
  std::filesystem::path app;
  RunningServer server;

 private:
  [[nodiscard]] std::filesystem::path install(const std::string& release) const {
    copy_over(server_app(release), folder / "app.so");
    return folder / "app.so";
  }
  [[nodiscard]] std::string write(std::string_view configuration) const {
    write_over(folder / "app.toml", configuration);
    return folder / "app.toml";
  }
};

}  // namespace appserver::test
