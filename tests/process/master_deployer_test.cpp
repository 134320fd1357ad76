// The master's entry for deploys, reloads and rollbacks: a real supervisor and a real store, files
// that change, and processes that only exist in the events of this test.
#include <deque>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "master/deployer.h"
#include "support/temporary_folder.h"

namespace appserver::master {
namespace {

using supervision::DeployOutcome;
using test::TemporaryFolder;

std::string fixture(const std::string& name) {
  return std::string(APPSERVER_FIXTURES) + "/" + name + ".so";
}

// What the follower of a deploy was told.
struct Told {
  std::vector<std::string> progress;
  std::optional<DeployResult> result;

  [[nodiscard]] DeployFollower follower() {
    return {[this](const DeployProgress& news) { progress.emplace_back(news.what); },
            [this](const DeployResult& end) {
              REQUIRE_FALSE(result.has_value());
              result = end;
            }};
  }
};

class Stage {
 public:
  explicit Stage(const std::string& first = "good_v1", std::vector<std::string> mounts = {}) {
    install(first);
    options.app = app;
    options.mounts = std::move(mounts);
    options.bind = {"127.0.0.1:0"};
    options.workers = 2;
    options.standby_timeout = std::chrono::minutes(10);
    begin();
  }

  void install(const std::string& name) const {
    std::filesystem::copy_file(fixture(name), app,
                               std::filesystem::copy_options::overwrite_existing);
  }

  void report(supervision::Event event) {
    events_.push_back(std::move(event));
    if (events_.size() > 1) {
      return;
    }
    while (!events_.empty()) {
      obey(supervisor.handle(events_.front(), Clock::now()));
      events_.pop_front();
    }
  }
  // The zygote of this generation has loaded, and all its workers start at once.
  void let_serve(supervision::Generation generation) {
    zygotes_ready_.push_back(generation);
    report(supervision::ZygoteReady{generation});
  }

  TemporaryFolder folder;
  std::string app = folder / "app.so";
  config::Options options;
  EventLoop loop{EventLoop::Kind::Own};
  UniqueFd log_file{
      ::open((folder / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)};
  observe::Log log{log_file.get(), config::LogLevel::Debug, config::LogFormat::Text, {"master"}};
  net::Listeners listeners{net::PassedSockets{}};
  ipc::Handoff handoff = std::move(ipc::Handoff::make().value());
  Listening listening{loop, listeners, handoff, log};
  Notifier notifier{loop, ServiceVariables{}, log};
  supervision::Supervisor supervisor{policy(), 1};
  Releases releases{listening, supervisor};
  std::optional<ReleaseStore> store = ReleaseStore::open(folder / "state", 5).value();
  std::optional<Deployer> deployer;

 private:
  static supervision::Policy policy() {
    supervision::Policy policy;
    policy.workers = 2;
    policy.standby_timeout = std::chrono::minutes(10);
    return policy;
  }
  void begin() {
    Release first = releases.make(options).value();
    for (app::MountedSnapshot& each : first.apps) {
      each.number = store->keep(each, "start").value();
    }
    releases.add(1, std::move(first));
    deployer.emplace(
        Deployer::Surroundings{
            log, supervisor, releases, notifier, &*store,
            [this]() -> Result<config::Options> { return options; }, [](const config::Options&) {},
            [this](supervision::Event event) { report(std::move(event)); }, [](DeployRecord) {}},
        options, 1);
    obey(supervisor.start(Clock::now()));
    let_serve(1);
  }

  void obey(const std::vector<supervision::Command>& commands) {
    for (const supervision::Command& command : commands) {
      std::visit([this](const auto& one) { obey_one(one); }, command);
    }
  }
  void obey_one(const supervision::ForkWorker& command) {
    const auto pid = next_pid_++;
    events_.push_back(supervision::WorkerForked{command.slot, command.generation, pid});
    events_.push_back(supervision::WorkerReady{pid});
  }
  void obey_one(const supervision::DrainWorker& command) {
    events_.push_back(supervision::WorkerExited{command.pid, {}});
  }
  void obey_one(const supervision::RetireZygote& command) {
    events_.push_back(supervision::ZygoteExited{command.generation, {}});
  }
  void obey_one(const supervision::ForgetGeneration& command) {
    releases.forget(command.generation);
  }
  template <typename News>
  void obey_one(const News& news) {
    if constexpr (requires { deployer->tell(news); }) {
      deployer->tell(news);
    }
  }

  std::deque<supervision::Event> events_;
  std::vector<supervision::Generation> zygotes_ready_;
  supervision::Pid next_pid_ = 1'000'000;
};

}  // namespace

TEST_CASE("Deployer: a deploy tells its stages and one end") {
  Stage stage;
  Told told;
  stage.deployer->deploy({.path = fixture("good_v2"), .who = "test"}, told.follower());
  CHECK_FALSE(told.result.has_value());
  stage.let_serve(2);
  REQUIRE(told.result.has_value());
  CHECK(told.result->outcome == DeployOutcome::Live);
  CHECK(told.result->generation == 2);
  CHECK(told.result->release == 2);
  CHECK(told.progress == std::vector<std::string>{"swapping", "slot swapped", "slot swapped"});
  const observe::KeptRelease* const live = stage.store->live();
  REQUIRE(live != nullptr);
  CHECK(live->number == 2);
  CHECK(live->who == "test");
  CHECK(live->files.front().path == fixture("good_v2"));
}

TEST_CASE("Deployer: the file that is live already is nothing to do, unless it is forced") {
  Stage stage;
  Told told;
  stage.deployer->deploy({.path = fixture("good_v1")}, told.follower());
  REQUIRE(told.result.has_value());
  CHECK(told.result->outcome == DeployOutcome::Live);
  CHECK(told.result->unchanged);
  CHECK(told.result->generation == 1);
  Told forced;
  stage.deployer->deploy({.path = fixture("good_v1"), .force = true}, forced.follower());
  stage.let_serve(2);
  REQUIRE(forced.result.has_value());
  CHECK(forced.result->generation == 2);
  CHECK_FALSE(forced.result->unchanged);
}

TEST_CASE("Deployer: a path that is no app is refused with the reason, and nothing changes") {
  Stage stage;
  const auto why = [&stage](const std::string& path) {
    Told told;
    stage.deployer->deploy({.path = path}, told.follower());
    REQUIRE(told.result.has_value());
    CHECK(told.result->outcome == DeployOutcome::Refused);
    CHECK(told.result->generation == 0);
    return told.result->why;
  };
  CHECK(why(stage.folder / "nowhere.so").find("no such file") != std::string::npos);
  CHECK(why(stage.folder.path()).find("is a directory") != std::string::npos);
  std::ofstream(stage.folder / "text.so") << "not ELF";
  CHECK_FALSE(why(stage.folder / "text.so").empty());
  std::filesystem::copy_file(fixture("good_v2"), stage.folder / "cut.so");
  std::filesystem::resize_file(stage.folder / "cut.so", 1000);
  CHECK_FALSE(why(stage.folder / "cut.so").empty());
  CHECK(stage.supervisor.desired().live == 1);
  CHECK_FALSE(stage.supervisor.is_deploying());
  CHECK(stage.store->index().releases.size() == 1);
}

TEST_CASE("Deployer: a second deploy is refused, or takes the place of the first") {
  Stage stage;
  Told first;
  Told second;
  Told third;
  stage.deployer->deploy({.path = fixture("good_v2")}, first.follower());
  stage.deployer->deploy({.path = fixture("good_v1"), .force = true}, second.follower());
  REQUIRE(second.result.has_value());
  CHECK(second.result->outcome == DeployOutcome::Refused);
  CHECK(second.result->why ==
        "the deploy of generation 2 is under way; wait for its end, or supersede it");
  CHECK_FALSE(first.result.has_value());
  stage.deployer->deploy({.path = fixture("only_v2"), .supersede = true}, third.follower());
  REQUIRE(first.result.has_value());
  CHECK(first.result->outcome == DeployOutcome::Superseded);
  stage.let_serve(3);
  REQUIRE(third.result.has_value());
  CHECK(third.result->outcome == DeployOutcome::Live);
}

TEST_CASE("Deployer: a deploy that fails says why, here and in the store") {
  Stage stage;
  Told told;
  stage.deployer->deploy({.path = fixture("good_v2")}, told.follower());
  stage.report(supervision::ZygoteFailed{2, supervision::BootFault::AppFailedToLoad, "no luck"});
  REQUIRE(told.result.has_value());
  CHECK(told.result->outcome == DeployOutcome::Failed);
  CHECK(told.result->why == "no luck");
  CHECK(stage.store->live()->number == 1);
  CHECK(stage.store->index().find(2)->outcome == "failed");
  CHECK(stage.store->index().find(2)->why == "no luck");
}

TEST_CASE("Deployer: a rollback goes back to the zygote on standby, and forth again") {
  Stage stage;
  stage.deployer->deploy({.path = fixture("good_v2")}, {});
  stage.let_serve(2);
  Told back;
  stage.deployer->rollback("test", back.follower());
  REQUIRE(back.result.has_value());
  CHECK(back.result->outcome == DeployOutcome::Live);
  CHECK(back.result->generation == 1);
  CHECK(stage.store->live()->number == 1);
  Told forth;
  stage.deployer->rollback("test", forth.follower());
  REQUIRE(forth.result.has_value());
  CHECK(forth.result->generation == 2);
}

TEST_CASE(
    "Deployer: when that zygote is gone, the kept release is booted, whatever became of its file") {
  Stage stage;
  stage.deployer->deploy({.path = fixture("good_v2")}, {});
  stage.let_serve(2);
  stage.report(supervision::ZygoteExited{1, {}});
  std::filesystem::remove(stage.app);
  Told told;
  stage.deployer->rollback("test", told.follower());
  CHECK_FALSE(told.result.has_value());
  stage.let_serve(3);
  REQUIRE(told.result.has_value());
  CHECK(told.result->outcome == DeployOutcome::Live);
  CHECK(told.result->release == 1);
  CHECK(stage.store->live()->number == 1);
  CHECK(stage.store->previous()->number == 2);
}

TEST_CASE("Deployer: without anything to go back to, a rollback is refused") {
  Stage stage;
  Told told;
  stage.deployer->rollback("test", told.follower());
  REQUIRE(told.result.has_value());
  CHECK(told.result->outcome == DeployOutcome::Refused);
  CHECK(told.result->why == "there is no release to go back to");
}

TEST_CASE("Deployer: a rollback during a deploy ends it, and both are told") {
  Stage stage;
  Told deploy;
  Told rollback;
  stage.deployer->deploy({.path = fixture("good_v2")}, deploy.follower());
  stage.deployer->rollback("test", rollback.follower());
  REQUIRE(deploy.result.has_value());
  CHECK(deploy.result->outcome == DeployOutcome::Failed);
  CHECK(deploy.result->why == "a rollback was asked for");
  REQUIRE(rollback.result.has_value());
  CHECK(rollback.result->outcome == DeployOutcome::Live);
  CHECK(rollback.result->generation == 1);
}

TEST_CASE(
    "Deployer: a reload goes on with what was deployed until the configuration names another") {
  Stage stage;
  stage.deployer->deploy({.path = fixture("good_v2")}, {});
  stage.let_serve(2);
  CHECK(stage.deployer->reload());
  CHECK(stage.releases.at(3).apps.front().snapshot.app.path == fixture("good_v2"));
  stage.let_serve(3);
  stage.options.app = fixture("only_v2");
  CHECK(stage.deployer->reload());
  CHECK(stage.releases.at(4).apps.front().snapshot.app.path == fixture("only_v2"));
  stage.let_serve(4);
  CHECK(stage.deployer->reload());
  CHECK(stage.releases.at(5).apps.front().snapshot.app.path == fixture("only_v2"));
}

TEST_CASE("Deployer: one of several apps is deployed alone, and the others stay what they are") {
  Stage stage("good_v1", {"/api=" + fixture("good_v1")});
  Told told;
  stage.deployer->deploy({.path = fixture("good_v2"), .mount = "/api"}, told.follower());
  stage.let_serve(2);
  REQUIRE(told.result.has_value());
  CHECK(told.result->outcome == DeployOutcome::Live);
  CHECK(told.result->release == 3);
  const Release& before = stage.releases.at(1);
  const Release& after = stage.releases.at(2);
  REQUIRE(after.apps.size() == 2);
  CHECK(after.apps[0].number == 1);
  CHECK(after.apps[1].number == 3);
  CHECK(have_same(before, after, "/"));
  CHECK(differ_only_at(before, after, "/api"));
  CHECK(stage.store->live("/")->number == 1);
  CHECK(stage.store->live("/api")->number == 3);
  CHECK(stage.store->previous("/api")->number == 2);
}

TEST_CASE("Deployer: with several apps, a deploy and a rollback have to say which one they mean") {
  Stage stage("good_v1", {"/api=" + fixture("good_v1")});
  Told nameless;
  Told wrong;
  Told rollback;
  stage.deployer->deploy({.path = fixture("good_v2")}, nameless.follower());
  stage.deployer->deploy({.path = fixture("good_v2"), .mount = "/apo"}, wrong.follower());
  stage.deployer->rollback("test", rollback.follower());
  REQUIRE((nameless.result && wrong.result && rollback.result));
  CHECK(nameless.result->why == "there are several apps; say which one by its mount: /, /api");
  CHECK(wrong.result->why == "no app is mounted at '/apo'; the mounts are: /, /api");
  CHECK(rollback.result->why == nameless.result->why);
}

TEST_CASE("Deployer: a rollback takes back one of several apps and none that changed since") {
  Stage stage("good_v1", {"/api=" + fixture("good_v1")});
  stage.deployer->deploy({.path = fixture("good_v2"), .mount = "/api"}, {});
  stage.let_serve(2);
  stage.deployer->deploy({.path = fixture("good_v2"), .mount = "/"}, {});
  stage.let_serve(3);
  Told told;
  stage.deployer->rollback("test", told.follower(), "/api");
  stage.let_serve(4);  // The standby has the older app at / too, so it is not the one.
  REQUIRE(told.result.has_value());
  CHECK(told.result->outcome == DeployOutcome::Live);
  CHECK(told.result->release == 2);
  const Release& live = stage.releases.at(4);
  CHECK(live.apps[0].snapshot.app.path == fixture("good_v2"));
  CHECK(live.apps[1].snapshot.app.path == fixture("good_v1"));
  Told standby;
  stage.deployer->rollback("test", standby.follower(), "/api");
  REQUIRE(standby.result.has_value());  // At once: the standby differs in nothing else.
  CHECK(standby.result->generation == 3);
}

TEST_CASE("Deployer: a reload gives a new number to the app whose file changed, and to no other") {
  Stage stage("good_v1", {"/api=" + fixture("good_v1")});
  stage.install("good_v2");
  CHECK(stage.deployer->reload());
  stage.let_serve(2);
  CHECK(stage.releases.at(2).apps[0].number == 3);
  CHECK(stage.releases.at(2).apps[1].number == 2);
}

TEST_CASE("Deployer: a deploy that fails marks the release that is new, and not the live ones") {
  Stage stage("good_v1", {"/api=" + fixture("good_v1")});
  stage.deployer->deploy({.path = fixture("good_v2"), .mount = "/api"}, {});
  stage.report(supervision::ZygoteFailed{2, supervision::BootFault::AppFailedToLoad, "no luck"});
  CHECK(stage.store->index().find(3)->outcome == "failed");
  CHECK(stage.store->index().find(1)->outcome == "live");
  CHECK(stage.store->index().find(2)->outcome == "live");
}

}  // namespace appserver::master
