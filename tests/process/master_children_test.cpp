#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "base/after_fork.h"
#include "master/children.h"

namespace appserver::master {
namespace {

// A zygote whose workers say that they are ready and end, and which tells of a worker only when the
// master has reaped it: the slowest messenger there can be.
int late_zygote(ZygoteBirth birth) {
  static_cast<void>(birth.master.send(ipc::AppLoaded{}));
  while (true) {
    auto received = birth.master.receive();
    if (!received) {
      return 0;
    }
    const auto* order = std::get_if<ipc::ForkWorker>(&received->message);
    std::array<int, 2> ends{};
    if (order == nullptr || ::pipe2(ends.data(), 0) != 0) {
      return 1;
    }
    const pid_t intermediate = ::fork();
    if (intermediate == 0) {
      const pid_t worker = ::fork();
      if (worker == 0) {
        ipc::Channel master(std::move(received->fds.front()));
        ::_exit(master.send(ipc::WorkerReady{}) ? 7 : 1);
      }
      ::_exit(::write(ends[1], &worker, sizeof worker) == sizeof worker ? 0 : 1);
    }
    ::waitpid(intermediate, nullptr, 0);
    pid_t worker = 0;
    if (::read(ends[0], &worker, sizeof worker) != sizeof worker) {
      return 1;
    }
    while (::kill(worker, 0) == 0 || errno != ESRCH) {
    }
    static_cast<void>(birth.master.send(ipc::WorkerForked{order->slot, order->score, worker}));
  }
}

// The kinds of events in their order, and what is known of those who died.
struct Account {
  std::vector<std::string> events;
  std::vector<WorkerDeath> deaths;
};

std::string kind_of(const supervision::Event& event) {
  using namespace supervision;
  return std::holds_alternative<ZygoteReady>(event)    ? "zygote ready"
         : std::holds_alternative<WorkerForked>(event) ? "worker forked"
         : std::holds_alternative<WorkerReady>(event)  ? "worker ready"
         : std::holds_alternative<WorkerExited>(event) ? "worker exited"
                                                       : "another";
}

// The loop that watches the children.
struct Reaper {
  explicit Reaper(EventLoop& loop) : watcher(loop) {}
  void on_exit(int pid, int status) noexcept { children->child_exited(pid, status); }

  ChildWatcher watcher;
  Children* children = nullptr;
};

TEST_CASE("Children: a worker that ends before its birth is told has lived in the right order") {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  EventLoop loop(EventLoop::Kind::Default);
  auto scoreboard = ipc::Scoreboard::create(4);
  REQUIRE(scoreboard.has_value());
  Account account;
  Reaper reaper(loop);
  const auto leave = [&loop](std::span<const int> kept) { after_fork({{}, &loop, true, kept}); };
  Children children(
      {loop, *scoreboard, leave, late_zygote,
       [&](const supervision::Event& event) { account.events.push_back(kind_of(event)); },
       [](std::uint32_t, const ipc::AppDescribed&) {},
       [&](WorkerDeath death) { account.deaths.push_back(std::move(death)); },
       [](const WorkerHold&) {}});
  reaper.children = &children;
  reaper.watcher.start<&Reaper::on_exit>(&reaper);
  const Release release{};
  children.boot_zygote(1, release);
  while (account.events.empty()) {
    loop.run_once();
  }
  children.fork_worker(5, 1);
  while (account.events.back() != "worker exited") {
    loop.run_once();
  }
  CHECK(account.events ==
        std::vector<std::string>{"zygote ready", "worker forked", "worker ready", "worker exited"});
  REQUIRE(account.deaths.size() == 1);
  CHECK(account.deaths[0].slot == 5);
  CHECK(account.deaths[0].reason.code == 7);
  children.kill_zygote(1);
}

}  // namespace
}  // namespace appserver::master
