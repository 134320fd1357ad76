#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "chaos/crowd.h"
#include "chaos/event.h"
#include "support/address.h"
#include "support/process_table.h"
#include "support/server_process.h"
#include "support/temporary_folder.h"

namespace appserver::chaos {

// How much of everything: a short form for every run of the tests, a long one by hand.
struct Scale {
  std::uint64_t requests_per_event = 300;
  bool is_short = true;
  CrowdPlan crowd = {};
};

// What an event may allow or demand.
struct Bounds {
  Counts least = {};
  Counts most = {};
};

// A server with its clients, and what can be done to it: the words in which events are written.
// Whatever takes too long ends the test case as failed.
class Scene {
 public:
  Scene(const ServerPlan& plan, const Scale& scale);
  ~Scene();
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;

  [[nodiscard]] test::ServerProcess& server() { return *server_; }
  [[nodiscard]] Crowd& crowd() { return *crowd_; }
  // The app's file, a copy that events may overwrite.
  [[nodiscard]] const std::filesystem::path& app() const { return app_; }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }
  // `often` in the long form, a few times in the short one.
  [[nodiscard]] int times(int often, int in_short_form = 2) const;

  // Waits until there is a worker on each slot, all of one generation, and nothing else.
  void wait_until_whole();
  // Lets the clients be served for a moment.
  void go_on(std::uint64_t requests = 50);
  // Sends HUP and waits until all workers are of a newer generation.
  void reload();
  // Sends HUP and waits until the log says that it was refused; `why` is a part of the reason.
  void reload_in_vain(std::string_view why);
  // What a package manager does: the path of the server's program is another file from one moment
  // to the next.
  void install(const std::filesystem::path& program) const;
  // Sends a signal to the master and waits until the log says `text` once more.
  void signal_and_hear(int signal, std::string_view text);
  // Waits until the log says `text` so many times more.
  void hear(std::string_view text, int count);
  // Sends a signal to the master or to another process of the server.
  void signal_master(int signal) { server_->send_signal(signal); }
  static void signal(pid_t pid, int signal);
  // Waits until this process is gone and the server is whole.
  void wait_until_replaced(pid_t pid);
  // Changes the number of workers that wait_until_whole() expects.
  void expect_workers(unsigned count) { workers_ = count; }
  [[nodiscard]] unsigned expected_workers() const { return workers_; }

  // Has a client ask the app to crash in this way, and waits until its worker is replaced.
  // Demands a 500; allows a 503 for each body that the app was taking in.
  void crash(std::string_view how);
  // Has a client ask the app to hang, and waits until its worker is replaced. Demands a 504; allows
  // 503 as above.
  void hang();
  // Waits until all that died before counts as an accident: what dies again soon after its start
  // is started with growing delays.
  void let_deaths_be_forgotten();
  // Kills a worker with SIGKILL. Allows the loss of the connections that it has.
  void kill_worker(const test::WorkerEntry& worker);

  void allow(Column column, std::uint64_t count = 1) { bounds_.most[column] += count; }
  void demand(Column column, std::uint64_t count = 1);
  // Returns: the bounds since the last call.
  [[nodiscard]] Bounds take_bounds() { return std::exchange(bounds_, Bounds{}); }

  // Ends the clients and then the server, and expects that both go in peace.
  void close();

 private:
  void harm(const std::string& target, int status, Column column);
  [[nodiscard]] std::vector<std::string> arguments(const ServerPlan& plan) const;
  [[nodiscard]] test::Address address_of(const ServerPlan& plan);

  const Scale& scale_;
  test::TemporaryFolder folder_;
  const std::filesystem::path app_;
  const std::filesystem::path program_;
  unsigned workers_;
  unsigned harmed_ = 0;
  Bounds bounds_;
  std::unique_ptr<test::ServerProcess> server_;
  std::unique_ptr<Crowd> crowd_;  // Ends before its server.
};

}  // namespace appserver::chaos
