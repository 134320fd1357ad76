#include "serve.h"

#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <unistd.h>
#include <utility>
#include <vector>

#include "admin/admin.h"
#include "app/mounted_app.h"
#include "base/exit_codes.h"
#include "base/privileges.h"
#include "base/service_variables.h"
#include "base/version.h"
#include "config/mount.h"
#include "ipc/handoff.h"
#include "ipc/scoreboard.h"
#include "master/belongings.h"
#include "master/build_folder.h"
#include "master/first_release.h"
#include "master/listening.h"
#include "master/master.h"
#include "master/pid_file.h"
#include "master/takeover.h"
#include "net/listeners.h"
#include "net/passed_sockets.h"
#include "observe/app_log.h"
#include "observe/log.h"
#include "observe/log_files.h"
#include "worker/lone_worker.h"
#include "worker/rules.h"
#include "worker/worker.h"
#include "zygote/zygote.h"

namespace appserver {
namespace {

// Workers that a control client may ask for at most, twice: each can be draining while its
// substitute serves; and some more for those that drain for longer than a reload takes.
constexpr std::size_t kScoreboardEntries = 4096;

std::string server_name(const config::Options& options) {
  return options.name.empty()
             ? std::filesystem::path(config::mounts_of(options).front().app).stem().string()
             : options.name;
}

// Whether workers could follow the options, as far as can be told from here. Those make their own
// rules, as the user and in the folder they run in.
Result<Ok> check_rules(config::Options options) {
  if (!options.chdir.empty()) {  // Relative paths mean something else there.
    options.static_mounts.clear();
    options.error_pages.clear();
  }
  auto rules = worker::Rules::make(options);
  if (!rules) {
    return failure(std::move(rules.error()));
  }
  return ok();
}

// All that a server needs besides its app. What was opened is closed again on an error.
Result<master::Belongings> open_belongings(const config::Options& options) {
  auto log_files = observe::LogFiles::open(options);
  if (!log_files) {
    return failure(std::move(log_files.error()));
  }
  ServiceVariables service = ServiceVariables::take();
  auto passed = net::PassedSockets::take(service, ::getpid());
  if (!passed) {
    return failure(std::move(passed.error()));
  }
  net::Listeners listeners(std::move(*passed));
  if (auto opened = master::open_listeners(listeners, options); !opened) {
    return failure(std::move(opened.error()));
  }
  auto scoreboard = ipc::Scoreboard::create(kScoreboardEntries);
  if (!scoreboard) {
    return failure(std::move(scoreboard.error()));
  }
  auto handoff = ipc::Handoff::make();
  if (!handoff) {
    return failure(std::move(handoff.error()));
  }
  std::optional<master::PidFile> pid_file;
  if (!options.pid.empty()) {
    auto written = master::PidFile::write(options.pid);
    if (!written) {
      return failure(std::move(written.error()));
    }
    pid_file.emplace(std::move(*written));
  }
  return master::Belongings{std::move(*log_files),  std::move(service),  std::move(listeners),
                            std::move(*scoreboard), std::move(*handoff), std::move(pid_file)};
}

using RereadOptions = std::function<Result<config::Options>()>;

// Options that no worker could follow are refused before a reload begins.
RereadOptions checked(RereadOptions reread) {
  return [reread = std::move(reread)]() -> Result<config::Options> {
    auto options = reread();
    if (options) {
      options = master::with_app(std::move(*options));
    }
    if (options) {
      if (auto possible = check_rules(*options); !possible) {
        return failure(std::move(possible.error()));
      }
    }
    return options;
  };
}

// One running server: what the master owns and its descendants inherit, and the mains of the roles.
class Server {
 public:
  Server(const config::Options& options, ProcessTitle& title, master::Belongings belongings,
         master::Program program, const HostSide* host = nullptr)
      : name_(server_name(options)),
        title_(title),
        belongings_(std::move(belongings)),
        program_(std::move(program)),
        host_(host),
        log_(open_log(options)) {}
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Serves what was taken, or a kept release in its place.
  master::Farewell run(const config::Options& options, master::TakenApps taken,
                       RereadOptions reread_options);

  // Goes on in the place of another master.
  master::Farewell run(const master::UpgradeState& state, master::Takeover& takeover,
                       RereadOptions reread_options);
  // As far as run() would come before it goes on.
  void rehearse(const master::UpgradeState& state, RereadOptions reread_options);

 private:
  master::MasterSetup setup(master::Release release, RereadOptions reread_options);
  master::Farewell say_farewell(master::Farewell farewell);
  void begin_as_master(const config::Options& options);
  void announce(const master::Release& release);
  [[nodiscard]] observe::Log open_log(const config::Options& options) const;
  [[nodiscard]] int leave(int exit_code) const;
  int run_zygote(master::ZygoteBirth birth);
  int run_worker(const master::Release& release, zygote::WorkerBirth birth);
  int run_checked_worker(const master::Release& release, zygote::WorkerBirth birth);
  int run_admin(master::AdminBirth birth);

  [[nodiscard]] master::ReleaseStore* store() { return store_ ? &*store_ : nullptr; }

  std::string name_;
  ProcessTitle& title_;
  master::Belongings belongings_;
  master::Program program_;
  const HostSide* const host_;  // Null: the program is the server.
  observe::LogFiles& log_files_ = belongings_.log_files;
  observe::Log log_;
  std::optional<master::ReleaseStore> store_;
  net::Listeners& listeners_ = belongings_.listeners;
  ipc::Scoreboard& scoreboard_ = belongings_.scoreboard;
  ipc::Handoff& handoff_ = belongings_.handoff;
};

master::Farewell Server::run(const config::Options& options, master::TakenApps taken,
                             RereadOptions reread_options) {
  begin_as_master(options);
  auto first =
      master::choose_first_release(options, std::move(taken), listeners_.fds(), store(), log_);
  if (!first) {
    listeners_.remove_socket_files();
    return {kBadApp, first.error().message};
  }
  announce(first->release);
  master::MasterSetup begin = setup(std::move(first->release), std::move(reread_options));
  begin.fallback = std::move(first->fallback);
  return say_farewell(master::master(std::move(begin)));
}

master::Farewell Server::run(const master::UpgradeState& state, master::Takeover& takeover,
                             RereadOptions reread_options) {
  begin_as_master(state.family.options);
  if (!state.shared.pid_file.empty()) {
    belongings_.pid_file.emplace(master::PidFile::adopt(state.shared.pid_file));
  }
  master::MasterSetup going_on = setup({}, std::move(reread_options));
  going_on.succession = master::Succession{state.family, [&] { takeover.settle(state, log_); },
                                           state.shared, state.refusal};
  return say_farewell(master::master(std::move(going_on)));
}

void Server::begin_as_master(const config::Options& options) {
  if (host_ == nullptr) {
    title_.set("appserverd: master " + name_);
  } else if (host_->on_listening) {
    host_->on_listening(listeners_.displays());
  }
  const bool is_linked_in = config::mounts_of(options).front().app.empty();
  if (!is_linked_in) {
    store_ = master::open_store(options, name_, log_);
  }
}

void Server::rehearse(const master::UpgradeState& state, RereadOptions reread_options) {
  master::MasterSetup going_on = setup({}, std::move(reread_options));
  going_on.succession = master::Succession{state.family, [] {}, state.shared};
  master::rehearse(std::move(going_on));
}

master::MasterSetup Server::setup(master::Release release, RereadOptions reread_options) {
  return {std::move(release),
          listeners_,
          handoff_,
          belongings_.service,
          scoreboard_,
          log_,
          log_files_,
          [this](master::ZygoteBirth birth) { return leave(run_zygote(std::move(birth))); },
          std::nullopt,
          store(),
          name_,
          [this](master::AdminBirth birth) { return leave(run_admin(std::move(birth))); },
          [this](const std::string& title) { title_.set(title); },
          std::move(reread_options),
          program_,
          [this] { return master::state_of(belongings_); },
          std::nullopt,
          host_ == nullptr ? nullptr : &host_->program};
}

observe::Log Server::open_log(const config::Options& options) const {
  if (host_ != nullptr && host_->log) {
    return {host_->log, options.log_level, {"master"}};
  }
  return {log_files_.error_log().fd(), options.log_level, options.log_format, {"master"}};
}

// In a process that was forked from another program: what that wants to be done at its end is not
// for this one to do.
int Server::leave(int exit_code) const {
  if (host_ != nullptr) {
    std::fflush(nullptr);
    ::_exit(exit_code);
  }
  return exit_code;
}

master::Farewell Server::say_farewell(master::Farewell farewell) {
  listeners_.remove_socket_files();
  log_.info("stopped", {{"exit_code", farewell.exit_code}});
  if (host_ == nullptr && log_files_.error_log().is_standard()) {
    farewell.complaint.clear();  // It was told there.
  }
  return farewell;
}

void Server::announce(const master::Release& release) {
  const std::string files = app::files_text(release.apps);
  const std::string build_ids = app::build_ids_text(release.apps);
  log_.info("appserverd starts", {{"version", kVersion},
                                  {"app", std::string_view(files)},
                                  {"build_id", std::string_view(build_ids)},
                                  {"workers", release.options.workers}});
  for (const int fd : release.listener_fds) {
    log_.info("listening at " + listeners_.display(fd));
  }
  for (const std::string& bind : listeners_.unserved()) {
    log_.warning(
        "a socket was passed and not served; name it with --bind, or give no --bind at all",
        {{"socket", std::string_view(bind)}});
  }
  const int backlog = net::effective_backlog(release.options.backlog);
  if (backlog < release.options.backlog) {
    log_.warning("the kernel cuts --backlog; raise net.core.somaxconn with sysctl",
                 {{"backlog", release.options.backlog}, {"somaxconn", backlog}});
  }
  if (::geteuid() == 0 && release.options.user.empty()) {
    log_.warning("the app runs as root; give it a user of its own with --user");
  }
}

int Server::run_zygote(master::ZygoteBirth birth) {
  title_.set("appserverd: zygote gen " + std::to_string(birth.generation));
  const config::Options& options = birth.release.options;
  return zygote::zygote({birth.generation, options, birth.release.apps, std::move(birth.master),
                         log_, log_files_, kVersion, worker::exchange_calls(),
                         &worker::host_extension,
                         [this, &birth](zygote::WorkerBirth worker_birth) {
                           return leave(run_worker(birth.release, std::move(worker_birth)));
                         },
                         title_, host_ == nullptr ? detail::AppMaker() : host_->app});
}

int Server::run_worker(const master::Release& release, zygote::WorkerBirth birth) {
  if (birth.own_listener.is_open()) {
    return run_checked_worker(release, std::move(birth));
  }
  title_.set("appserverd: worker " + std::to_string(birth.slot) + " gen " +
             std::to_string(birth.generation));
  return worker::worker({birth.slot, birth.generation, release.options, release.listener_fds,
                         std::move(birth.master), scoreboard_, scoreboard_[birth.score],
                         scoreboard_.crash_record(birth.score), handoff_, birth.apps, log_,
                         log_files_});
}

// A worker that is checked before its release serves anybody: the others neither see it nor get its
// connections.
int Server::run_checked_worker(const master::Release& release, zygote::WorkerBirth birth) {
  title_.set("appserverd: checked gen " + std::to_string(birth.generation));
  const std::array listeners{birth.own_listener.get()};
  return worker::lone_worker({birth.slot, birth.generation, release.options, listeners,
                              std::move(birth.master), birth.apps, log_, log_files_});
}

int Server::run_admin(master::AdminBirth birth) {
  title_.set("appserverd: admin");
  const auto serve = [&](const config::Options& options, const detail::AppMaker& make) {
    app::HostServices host(kVersion, observe::log_sink(log_), worker::exchange_calls(),
                           &worker::host_extension);
    std::shared_ptr<const appserver_app> description;
    auto app = app::link_app(
        "the admin process",
        [&](const appserver_host* table) { return (description = make(table)).get(); }, host);
    if (!app) {
      return kBadApp;
    }
    const std::array apps{app::MountedApp{{}, *app, host}};
    return worker::lone_worker(
        {0, 0, options, birth.listener_fds, std::move(birth.engine), apps, log_, log_files_});
  };
  return admin::admin({birth.options,
                       std::move(birth.commands),
                       scoreboard_,
                       log_,
                       {birth.master_uid, birth.admin_host},
                       serve});
}

// A server that goes on in the place of another program's.
struct Successor {
  master::UpgradeState state;
  std::unique_ptr<Server> server;

  // Errors: the state cannot be taken over; nothing is owned then.
  static Result<Successor> make(const master::UpgradeOrder& order, ProcessTitle& title,
                                Start& start) {
    auto state = master::Takeover::read(order);
    if (!state) {
      return failure(std::move(state.error()));
    }
    auto belongings = master::adopt(state->shared);
    if (!belongings) {
      return failure(std::move(belongings.error()));
    }
    auto server = std::make_unique<Server>(
        state->family.options, title, std::move(*belongings),
        master::Program{state->program, std::move(start.arguments)}, start.host);
    return Successor{std::move(*state), std::move(server)};
  }
};

}  // namespace

ServeResult serve(const config::Options& given, ProcessTitle& title, Start start) {
  const auto complete = master::with_app(given);
  if (!complete) {
    return {kBadConfiguration, complete.error().message};
  }
  const config::Options& options = *complete;
  if (auto there = master::check_folder(options); !there) {
    return {kBadConfiguration, there.error().message};
  }
  if (auto allowed = check_credentials({options.user, options.group}); !allowed) {
    return {kBadConfiguration, allowed.error().message};
  }
  if (auto possible = check_rules(options); !possible) {
    return {kBadConfiguration, possible.error().message};
  }
  auto taken = master::take_snapshots(options);
  if (!taken && !options.fallback_release) {
    return {kBadApp, taken.error().message};  // Before anything is opened.
  }
  auto belongings = open_belongings(options);
  if (!belongings) {
    return {kBadConfiguration, belongings.error().message};
  }
  std::string path = start.arguments.empty() ? "" : master::program_path(start.arguments.front());
  Server server(options, title, std::move(*belongings),
                {std::move(path), std::move(start.arguments)}, start.host);
  master::Farewell farewell =
      server.run(options, std::move(taken), checked(std::move(start.reread_options)));
  return {farewell.exit_code, std::move(farewell.complaint)};
}

ServeResult rehearse_takeover(const master::UpgradeOrder& order, ProcessTitle& title, Start start) {
  auto successor = Successor::make(order, title, start);
  if (!successor) {
    return {kBadConfiguration, successor.error().message};
  }
  successor->server->rehearse(successor->state, checked(std::move(start.reread_options)));
  return {0, ""};
}

ServeResult take_over(const master::UpgradeOrder& order, ProcessTitle& title, Start start) {
  master::Takeover takeover(order, start.arguments);
  // An exception must not unwind, which would close what the way back needs.
  const auto make = [&]() noexcept { return Successor::make(order, title, start); };
  auto successor = make();
  if (!successor) {
    return {kBadConfiguration, takeover.fail(successor.error().message)};
  }
  master::Farewell farewell =
      successor->server->run(successor->state, takeover, checked(std::move(start.reread_options)));
  return {farewell.exit_code, std::move(farewell.complaint)};
}

}  // namespace appserver
