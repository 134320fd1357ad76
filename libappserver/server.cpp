#include <algorithm>
#include <atomic>
#include <cstdio>
#include <exception>
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <sys/prctl.h>
#include <unistd.h>
#include <utility>

#include <appserver/embedding.hpp>

#include "app/thread_count.h"
#include "base/bell.h"
#include "base/event_loop.h"
#include "base/exit_codes.h"
#include "base/process_title.h"
#include "base/signals.h"
#include "config/soundness.h"
#include "in_process.h"
#include "master/relay.h"
#include "master/takeover.h"
#include "master/upgrade_state.h"
#include "observe/log_files.h"
#include "serve.h"

// The server as a part of another program: what embedding.hpp promises, in terms of serve.h and
// in_process.h.
namespace appserver {
namespace {

Bell make_bell() {
  auto bell = Bell::make();
  if (!bell) {
    throw std::runtime_error(bell.error().message);
  }
  return std::move(*bell);
}

// What the process is to its descendants, put back at the end.
class SubreaperKept {
 public:
  SubreaperKept() { ::prctl(PR_GET_CHILD_SUBREAPER, &previous_, 0, 0, 0); }
  SubreaperKept(const SubreaperKept&) = delete;
  SubreaperKept& operator=(const SubreaperKept&) = delete;
  ~SubreaperKept() { ::prctl(PR_SET_CHILD_SUBREAPER, previous_, 0, 0, 0); }

 private:
  int previous_ = 0;
};

// All that are open, but the one that lists them.
std::vector<int> open_descriptors() {
  std::vector<int> fds;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", ignored)) {
    fds.push_back(std::stoi(entry.path().filename().string()));
  }
  std::erase_if(fds, [](int fd) { return ::fcntl(fd, F_GETFD) < 0; });
  return fds;
}

void erase_all(std::vector<int>& fds, const std::vector<int>& gone) {
  std::erase_if(fds,
                [&gone](int fd) { return std::find(gone.begin(), gone.end(), fd) != gone.end(); });
}

// Why this process cannot be a master.
std::optional<std::string> find_obstacle() {
  if (app::thread_count() > 1) {
    return "this process has more than one thread, and a fork takes only one along; call run() "
           "before any is started, or use serve_in_process()";
  }
  if (EventLoop::is_default_taken()) {
    return "libev's default loop is in use, and the server needs it for its children; end it "
           "first, or use serve_in_process()";
  }
  return std::nullopt;
}

}  // namespace

struct Server::State {
  State(ServerOptions given, Embedding program)
      : options(std::move(given)), embedding(std::move(program)) {}

  const ServerOptions options;
  const Embedding embedding;
  const Bell bell = make_bell();
  std::atomic<bool> is_in_use = false;

  // Each way to serve, fenced and told of.
  Outcome serve(const HostedApp& app,
                const std::function<ServeResult(const config::Options&, HostSide&)>& serve_it);
  ServeResult as_master(const config::Options& with, HostSide& host) const;
  [[nodiscard]] Result<std::optional<master::UpgradeOrder>> take_order() const;
  [[nodiscard]] Result<config::Options> reread(const config::Options& before) const;
  void tell(const std::string& why) const;
};

Outcome Server::State::serve(
    const HostedApp& app,
    const std::function<ServeResult(const config::Options&, HostSide&)>& serve_it) {
  if (is_in_use.exchange(true)) {
    return {kBadConfiguration, "this Server serves already; make another one"};
  }
  Outcome outcome;
  try {
    config::Options with = options;
    with.app = app.path();
    HostSide host{
        {bell, embedding.take_signals, {}}, app.entry(), embedding.log, embedding.on_listening};
    auto sound = with.mounts.empty()
                     ? config::check_soundness(with)
                     : Result<Ok>(failure(std::string("the option mounts is for appserverd; a "
                                                      "Server has the one app it is given")));
    ServeResult result = sound ? serve_it(with, host)
                               : ServeResult{kBadConfiguration, std::move(sound.error().message)};
    outcome = {result.exit_code, std::move(result.complaint)};
  } catch (const std::exception& error) {
    outcome = {kBadConfiguration, std::string("unexpected failure: ") + error.what()};
  }
  static_cast<void>(bell.answer());  // What was wished is done, or cannot be any more.
  is_in_use = false;
  tell(outcome.why);
  return outcome;
}

ServeResult Server::State::as_master(const config::Options& with, HostSide& host) const {
  auto order = take_order();
  if (!order) {
    return {kBadConfiguration, std::move(order.error().message)};
  }
  if (const auto obstacle = find_obstacle()) {
    return {kBadConfiguration, *obstacle};
  }
  const DispositionsKept dispositions;
  const SubreaperKept subreaper;
  std::fflush(nullptr);  // What lies in the buffers would be printed by each process.
  host.program.fds = open_descriptors();
  ProcessTitle title;
  Start start{embedding.arguments, [this, &with] { return reread(with); }, &host};
  if (!order->has_value()) {
    return appserver::serve(with, title, std::move(start));
  }
  if (auto state = master::Takeover::read(**order)) {  // What the server has is no program's.
    erase_all(host.program.fds, descriptors_of(*state));
    erase_all(host.program.fds, {(*order)->state, (*order)->old_program});
  }
  if ((*order)->task != master::UpgradeOrder::Task::Probe) {
    return take_over(**order, title, std::move(start));
  }
  ServeResult result = rehearse_takeover(**order, title, std::move(start));
  if (result.exit_code == 0) {
    const std::string accepts = std::string(master::kAcceptance) + "\n";
    static_cast<void>(::write(STDOUT_FILENO, accepts.data(), accepts.size()));
  }
  return result;
}

Result<std::optional<master::UpgradeOrder>> Server::State::take_order() const {
  if (embedding.arguments.empty()) {
    return std::optional<master::UpgradeOrder>();
  }
  return master::take_upgrade_order();
}

Result<config::Options> Server::State::reread(const config::Options& before) const {
  config::Options again = embedding.reread_options ? embedding.reread_options() : before;
  again.app = before.app;
  again.mounts = before.mounts;
  if (auto sound = config::check_soundness(again); !sound) {
    return failure(std::move(sound.error()));
  }
  return again;
}

// Whoever reads only the log finds the reason there as well.
void Server::State::tell(const std::string& why) const {
  if (why.empty()) {
    return;
  }
  if (embedding.log) {
    observe::Log(embedding.log, options.log_level, {"server"}).error(why);
  } else if (const auto files = observe::LogFiles::open(options)) {
    observe::Log(files->error_log().fd(), options.log_level, options.log_format, {"server"})
        .error(why);
  }
}

Server::Server(ServerOptions options, Embedding embedding)
    : state_(std::make_unique<State>(std::move(options), std::move(embedding))) {}
Server::~Server() = default;

Outcome Server::run(const HostedApp& app) {
  return state_->serve(app, [this](const config::Options& options, HostSide& host) {
    return state_->as_master(options, host);
  });
}

Outcome Server::serve_in_process(const HostedApp& app) {
  return serve_in_process(app, nullptr);
}

Outcome Server::serve_in_process(const HostedApp& app, struct ev_loop* loop) {
  return state_->serve(app, [loop](const config::Options& options, HostSide& host) {
    return appserver::serve_in_process(options, host, loop);
  });
}

void Server::stop() noexcept {
  state_->bell.ring(master::Wish::kStop);
}
void Server::quick_stop() noexcept {
  state_->bell.ring(master::Wish::kQuickStop);
}
void Server::reload() noexcept {
  state_->bell.ring(master::Wish::kReload);
}

}  // namespace appserver
