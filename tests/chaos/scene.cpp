#include "chaos/scene.h"

#include <algorithm>
#include <signal.h>
#include <system_error>

#include <doctest/doctest.h>

#include "support/eventually.h"
#include "support/running_server.h"

namespace appserver::chaos {
namespace {

using test::eventually;
using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)

constexpr unsigned kWorkers = 4;

// Deaths of workers that did not serve for a second yet are followed by growing delays. After this
// many in a row it is time to let the server forget them.
constexpr unsigned kDeathsInARow = 4;
constexpr auto kTimeToForget = 1100ms;

// A worker that dies again and again is replaced with delays of up to 10 s; the rest is for
// machines that are busy with other things.
constexpr auto kPatience = 60s;

void replace_all(std::string& text, std::string_view place, const std::string& value) {
  for (std::size_t at; (at = text.find(place)) != text.npos;) {
    text.replace(at, place.size(), value);
  }
}

// So many that the clients who stay find room in three workers, and those who come and go do not.
unsigned few_descriptors(const CrowdPlan& crowd) {
  constexpr unsigned kOfWorkerItself = 20;
  return kOfWorkerItself + (crowd.busy + crowd.thinking + crowd.slow) / 2;
}

bool are_whole(const std::vector<test::ProcessEntry>& processes, unsigned workers) {
  const auto found = test::workers_among(processes);
  const auto zygotes = test::zygotes_among(processes);
  // The one before may be on standby.
  if (found.size() != workers || zygotes.empty() || zygotes.size() > 2) {
    return false;
  }
  for (unsigned slot = 0; slot < workers; ++slot) {
    if (found[slot].slot != slot || found[slot].generation != zygotes.back().generation) {
      return false;
    }
  }
  return true;
}

std::size_t occurrences(std::string_view log, std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = log.find(text); at != log.npos; at = log.find(text, at + 1)) {
    ++count;
  }
  return count;
}

// The sockets that a process holds open (proc(5)).
std::uint64_t sockets_of(pid_t pid) {
  std::uint64_t count = 0;
  std::error_code gone;
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd", gone)) {
    const auto target = std::filesystem::read_symlink(entry.path(), gone).string();
    count += target.starts_with("socket:") ? 1U : 0U;
  }
  return count;
}

}  // namespace

Scene::Scene(const ServerPlan& plan, const Scale& scale)
    : scale_(scale),
      app_(folder_ / "app.so"),
      program_(folder_ / "appserverd"),
      workers_(kWorkers) {
  test::copy_over(APPSERVER_CHAOS_APP, app_);
  install(APPSERVERD_BINARY);
  auto all = arguments(plan);
  const std::string program = all.front();
  all.erase(all.begin());
  server_ = std::make_unique<test::ServerProcess>(program, std::move(all));
  const test::Address address = address_of(plan);
  wait_until_whole();
  CrowdPlan crowd = scale.crowd;
  crowd.one_shot += plan.more_one_shots;
  crowd_ = std::make_unique<Crowd>(address, crowd);
}

Scene::~Scene() {
  if (crowd_) {
    crowd_->stop();
  }
}

std::vector<std::string> Scene::arguments(const ServerPlan& plan) const {
  std::vector<std::string> all = plan.launcher;
  const std::string bind =
      plan.logs_elsewhere ? "unix:" + (folder_ / "socket").string() : "127.0.0.1:0";
  all.insert(all.end(), {program_, "-b", bind, "--workers", std::to_string(workers_)});
  all.insert(all.end(), plan.options.begin(), plan.options.end());
  all.push_back(app_);
  for (std::string& text : all) {
    replace_all(text, "{folder}", folder_.path().string());
    replace_all(text, "{few}", std::to_string(few_descriptors(scale_.crowd)));
  }
  return all;
}

test::Address Scene::address_of(const ServerPlan& plan) {
  if (!plan.logs_elsewhere) {
    return server_->wait_until_listening(kPatience);
  }
  test::Address address{.unix_path = (folder_ / "socket").string()};
  eventually(kPatience, "the server listens", [&] { return test::accepts_connections(address); });
  return address;
}

int Scene::times(int often, int in_short_form) const {
  return scale_.is_short ? in_short_form : often;
}

void Scene::wait_until_whole() {
  eventually(kPatience, std::to_string(workers_) + " workers and a zygote, of one generation",
             [this] { return are_whole(server_->processes(), workers_); });
}

void Scene::go_on(std::uint64_t requests) {
  REQUIRE_MESSAGE(crowd_->wait_for_more_requests(requests), "nobody is answered any more");
}

void Scene::reload() {
  const unsigned before = server_->zygotes().back().generation;
  signal_master(SIGHUP);
  eventually(kPatience, "a new generation", [&] {
    const auto processes = server_->processes();
    return are_whole(processes, workers_) &&
           test::zygotes_among(processes).back().generation > before;
  });
}

void Scene::reload_in_vain(std::string_view why) {
  const unsigned before = server_->zygotes().back().generation;
  signal_and_hear(SIGHUP, why);
  wait_until_whole();
  CHECK(server_->zygotes().back().generation == before);
}

void Scene::install(const std::filesystem::path& program) const {
  std::filesystem::create_symlink(program, folder_ / "next");
  std::filesystem::rename(folder_ / "next", program_);
}

void Scene::signal_and_hear(int signal, std::string_view text) {
  const std::size_t before = occurrences(server_->log(), text);
  signal_master(signal);
  eventually(kPatience, "the log says \"" + std::string(text) + "\"",
             [&] { return occurrences(server_->log(), text) > before; });
}

void Scene::hear(std::string_view text, int count) {
  const std::size_t wanted = occurrences(server_->log(), text) + static_cast<std::size_t>(count);
  eventually(kPatience, "the log says \"" + std::string(text) + "\" again and again",
             [&] { return occurrences(server_->log(), text) >= wanted; });
}

void Scene::signal(pid_t pid, int signal) {
  REQUIRE(::kill(pid, signal) == 0);
}

void Scene::wait_until_replaced(pid_t pid) {
  eventually(kPatience, "process " + std::to_string(pid) + " is replaced", [&] {
    const auto processes = server_->processes();
    return are_whole(processes, workers_) &&
           std::none_of(processes.begin(), processes.end(),
                        [&](const test::ProcessEntry& process) { return process.pid == pid; });
  });
}

void Scene::crash(std::string_view how) {
  harm("/crash/" + std::string(how), 500, Column::Crashed);
}

void Scene::hang() {
  harm("/hang", 504, Column::Late);
}

void Scene::harm(const std::string& target, int status, Column column) {
  demand(column);
  allow(Column::Announced);
  allow(Column::Unavailable, crowd_->plan().slow);
  allow(Column::Announced, crowd_->plan().slow);
  crowd_->ask(Questions::harmful(target, status));
  REQUIRE_MESSAGE(crowd_->settle(), "requests are left without an end");
  wait_until_whole();
  if (++harmed_ % kDeathsInARow == 0) {
    let_deaths_be_forgotten();
  }
}

void Scene::let_deaths_be_forgotten() {
  const Time end = std::chrono::steady_clock::now() + kTimeToForget;
  eventually(kPatience, "time passes", [&] { return std::chrono::steady_clock::now() >= end; });
}

void Scene::kill_worker(const test::WorkerEntry& worker) {
  signal(worker.pid, SIGSTOP);  // So that it takes no more connections while they are counted.
  const std::uint64_t sockets = sockets_of(worker.pid);
  for (const Column column : {Column::Unannounced, Column::Cut, Column::Reset}) {
    allow(column, sockets);
  }
  signal(worker.pid, SIGKILL);
  wait_until_replaced(worker.pid);
}

void Scene::demand(Column column, std::uint64_t count) {
  bounds_.least[column] += count;
  bounds_.most[column] += count;
}

void Scene::close() {
  crowd_->stop();
  signal_master(SIGTERM);
  const test::ExitStatus status = server_->wait_for_exit(kPatience);
  CHECK(status.code == 0);
  eventually(kPatience, "no process of the server is left",
             [this] { return server_->processes().empty(); });
}

}  // namespace appserver::chaos
