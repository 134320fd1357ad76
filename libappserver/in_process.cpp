#include "in_process.h"

#include <array>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

#include "app/host_services.h"
#include "app/loaded_app.h"
#include "app/snapshot.h"
#include "base/event_loop.h"
#include "base/exit_codes.h"
#include "base/signals.h"
#include "base/version.h"
#include "ipc/channel.h"
#include "ipc/handoff.h"
#include "ipc/scoreboard.h"
#include "master/listening.h"
#include "net/closing_door.h"
#include "net/listeners.h"
#include "observe/app_log.h"
#include "observe/log_files.h"
#include "worker/worker.h"

namespace appserver {
namespace {

// What would change the process, which is not this server's.
Result<Ok> check_modesty(const config::Options& options) {
  const std::array<std::pair<bool, std::string_view>, 6> refused{{
      {!options.user.empty(), "user"},
      {!options.group.empty(), "group"},
      {options.umask.has_value(), "umask"},
      {!options.chdir.empty(), "chdir"},
      {!options.env.empty(), "env"},
      {!options.pid.empty(), "pid"},
  }};
  for (const auto& [is_given, name] : refused) {
    if (is_given) {
      return failure("the option " + std::string(name) +
                     " would change the process, which belongs to another program; set it there, "
                     "or use run()");
    }
  }
  return ok();
}

// The worker is not replaced here: nobody could take its place meanwhile.
config::Options without_recycling(config::Options options) {
  options.max_requests = 0;
  options.max_lifetime = std::chrono::milliseconds{0};
  options.max_memory = 0;
  return options;
}

// The app with the host that it sees.
struct Guest {
  explicit Guest(observe::Log& log)
      : host(kVersion, observe::log_sink(log), worker::exchange_calls(), &worker::host_extension) {}

  app::Snapshot snapshot;
  app::HostServices host;
  std::shared_ptr<const appserver_app> linked;  // Keeps the app alive, if it is linked in.
  std::optional<app::LoadedApp> app;

  Result<Ok, app::LoadError> load(const config::Options& options, const detail::AppMaker& entry);
  static void let_go(std::unique_ptr<Guest> guest);
};

// An app that was loaded from a file is never unloaded: its static objects may use their host, and
// the linker the names of its descriptors, until the process ends.
class LoadedGuests {
 public:
  // The ones of this process, which is what they belong to. Requires: called before the first one
  // is loaded; then it is destroyed after their static objects.
  static LoadedGuests& of_process() {
    static LoadedGuests guests;
    return guests;
  }
  void keep(std::unique_ptr<Guest> guest) {
    const std::lock_guard lock(mutex_);
    guests_.push_back(std::move(guest));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Guest>> guests_;
};

Result<Ok, app::LoadError> Guest::load(const config::Options& options,
                                       const detail::AppMaker& entry) {
  if (!options.app.empty()) {
    static_cast<void>(LoadedGuests::of_process());
    auto taken = app::take_snapshot(options.app);
    if (!taken) {
      return failure(std::move(taken.error()));
    }
    snapshot = std::move(*taken);
  }
  const app::AppEntry make = [this, &entry](const appserver_host* table) {
    return (linked = entry(table)).get();
  };
  auto loaded = options.app.empty()
                    ? app::link_app(app::snapshot_of_linked_app().app.path, make, host)
                    : app::load_app(snapshot, host);
  if (!loaded) {
    return failure(std::move(loaded.error()));
  }
  return app.emplace(std::move(*loaded)).run_on_load();
}

void Guest::let_go(std::unique_ptr<Guest> guest) {
  if (!app::is_linked(guest->snapshot)) {
    guest->host.set_log_sink({});
    LoadedGuests::of_process().keep(std::move(guest));
  }
}

// What a master would have made for its worker.
struct Surroundings {
  observe::LogFiles files;
  ipc::Scoreboard scoreboard;
  ipc::Handoff handoff;
  ipc::Channel::Pair channel;

  // Errors: a log that cannot be opened, no memory, no descriptors.
  static Result<Surroundings> make(const config::Options& options);
};

Result<Surroundings> Surroundings::make(const config::Options& options) {
  auto files = observe::LogFiles::open(options);
  if (!files) {
    return failure(std::move(files.error()));
  }
  auto scoreboard = ipc::Scoreboard::create(1);
  if (!scoreboard) {
    return failure(std::move(scoreboard.error()));
  }
  auto handoff = ipc::Handoff::make();
  if (!handoff) {
    return failure(std::move(handoff.error()));
  }
  auto channel = ipc::Channel::make_pair();
  if (!channel) {
    return failure(std::move(channel.error()));
  }
  channel->ours.set_non_blocking();
  return Surroundings{std::move(*files), std::move(*scoreboard), std::move(*handoff),
                      std::move(*channel)};
}

// The worker in its surroundings, and the master's side of the talk with it. All of it is used by
// whoever has the loop.
class InProcessServer {
 public:
  // `loop`: null for one of its own. The references outlive it.
  InProcessServer(const config::Options& options, const HostSide& host, Surroundings surroundings,
                  struct ev_loop* loop);
  InProcessServer(const InProcessServer&) = delete;
  InProcessServer& operator=(const InProcessServer&) = delete;

  ServeResult run();

 private:
  int serve(Guest& guest);
  void on_bell(int) noexcept;
  void on_message(int) noexcept;
  void drain() noexcept;

  const config::Options options_;
  const HostSide& host_;
  Surroundings with_;
  observe::Log log_;
  net::Listeners listeners_{net::PassedSockets{}};
  const bool is_loop_borrowed_;
  EventLoop loop_;
  IoWatcher bell_{loop_};
  IoWatcher messages_{loop_};
  TimerWatcher drain_delay_{loop_};
  std::vector<int> sockets_;
  std::string why_;  // The worker could not start.
};

observe::Log open_log(const config::Options& options, const HostSide& host,
                      const observe::LogFiles& files) {
  if (host.log) {
    return {host.log, options.log_level, {"server"}};
  }
  return {files.error_log().fd(), options.log_level, options.log_format, {"server"}};
}

InProcessServer::InProcessServer(const config::Options& options, const HostSide& host,
                                 Surroundings surroundings, struct ev_loop* loop)
    : options_(without_recycling(options)),
      host_(host),
      with_(std::move(surroundings)),
      log_(open_log(options_, host, with_.files)),
      is_loop_borrowed_(loop != nullptr),
      loop_(loop != nullptr ? EventLoop(loop) : EventLoop(EventLoop::Kind::Own)) {}

ServeResult InProcessServer::run() {
  auto opened = master::open_listeners(listeners_, options_);
  if (!opened) {
    return {kBadConfiguration, opened.error().message};
  }
  sockets_ = std::move(*opened);
  auto guest = std::make_unique<Guest>(log_);
  const auto loaded = guest->load(options_, host_.app);
  const int exit_code = loaded ? serve(*guest) : kBadApp;
  listeners_.remove_socket_files();
  Guest::let_go(std::move(guest));
  return {exit_code, loaded ? why_ : loaded.error().message};
}

int InProcessServer::serve(Guest& guest) {
  std::vector<std::string> addresses;
  for (const int fd : sockets_) {
    addresses.push_back(listeners_.display(fd));
    log_.info("listening at " + addresses.back());
  }
  if (host_.on_listening) {
    host_.on_listening(addresses);
  }
  bell_.start<&InProcessServer::on_bell>(this, host_.program.bell.fd(), IoWatcher::kReadable);
  messages_.start<&InProcessServer::on_message>(this, with_.channel.ours.fd(),
                                                IoWatcher::kReadable);
  const auto entry = with_.scoreboard.claim(0, 1);
  const BrokenPipesHeld no_broken_pipes;
  const std::array apps{app::MountedApp{{}, *guest.app, guest.host}};
  const int status =
      worker::worker({0, 1, options_, sockets_, std::move(with_.channel.theirs), with_.scoreboard,
                      with_.scoreboard[*entry], with_.scoreboard.crash_record(*entry),
                      with_.handoff, apps, log_, with_.files, &loop_, is_loop_borrowed_});
  on_message(0);  // Its last words.
  log_.info("stopped");
  return status == 0 ? 0 : kNoWorkerBooted;
}

void InProcessServer::on_bell(int) noexcept {
  const unsigned wishes = host_.program.bell.answer();
  if ((wishes & master::Wish::kReload) != 0) {
    log_.warning("a server without processes of its own cannot reload its app");
  }
  if ((wishes & (master::Wish::kStop | master::Wish::kQuickStop)) == 0) {
    return;
  }
  with_.scoreboard.announce_stop();
  if ((wishes & master::Wish::kQuickStop) != 0) {
    log_.info("stopping quickly");
    static_cast<void>(with_.channel.ours.send(ipc::Stop{}));
    return;
  }
  log_.info("stopping gracefully");
  const std::chrono::duration<double> delay = options_.drain_delay;
  delay.count() > 0 ? drain_delay_.start<&InProcessServer::drain>(this, delay.count()) : drain();
}

// There is nobody else to whom the worker could hand anything over.
void InProcessServer::drain() noexcept {
  for (const net::Listeners::Entry& entry : listeners_.entries()) {
    if (!entry.listener.facts().is_shared) {
      net::turn_newcomers_away(entry.listener.fd());
    }
  }
  static_cast<void>(with_.channel.ours.send(ipc::Drain{0}));
}

void InProcessServer::on_message(int) noexcept {
  while (true) {
    const auto received = with_.channel.ours.receive();
    if (!received) {
      if (received.error() != ipc::NothingReceived::NotUnderstood) {
        return;
      }
    } else if (const auto* failed = std::get_if<ipc::WorkerFailed>(&received->message)) {
      why_ = failed->why;
    } else if (const auto* wanted = std::get_if<ipc::RecycleWanted>(&received->message)) {
      log_.error("the server ought to be started again", {{"why", std::string_view(wanted->why)}});
    }
  }
}

}  // namespace

ServeResult serve_in_process(const config::Options& options, const HostSide& host,
                             struct ev_loop* loop) {
  if (auto modest = check_modesty(options); !modest) {
    return {kBadConfiguration, modest.error().message};
  }
  auto surroundings = Surroundings::make(options);
  if (!surroundings) {
    return {kBadConfiguration, surroundings.error().message};
  }
  return InProcessServer(options, host, std::move(*surroundings), loop).run();
}

}  // namespace appserver
