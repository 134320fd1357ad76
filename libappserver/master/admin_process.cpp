#include "master/admin_process.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <poll.h>
#include <signal.h>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <variant>

#include "base/errno_text.h"
#include "base/private_folder.h"
#include "base/process_watch.h"
#include "base/signals.h"
#include "master/belongings.h"
#include "net/bind_address.h"

namespace appserver::master {
namespace {

// Between its death and the next one, doubled each time it dies so early.
constexpr double kFirstPause = 0.05;
constexpr double kLongestPause = 10;
constexpr std::chrono::seconds kEarly{10};

// A long status is some thousand messages.
constexpr std::size_t kMostWaiting = 20'000;

constexpr double kSocketPause = 1;

constexpr int kEndMilliseconds = 1500;

// Only for the master's own user, who is one with root here.
constexpr unsigned kPrivate = 0600;

// The host of --admin; empty for anything but TCP.
std::string host_of(const std::string& address) {
  const auto parsed = net::parse_bind_address(address);
  const auto* const tcp = parsed ? std::get_if<net::TcpAddress>(&*parsed) : nullptr;
  return tcp == nullptr ? "" : tcp->host;
}

}  // namespace

AdminProcess::AdminProcess(Surroundings surroundings, const config::Options& options,
                           std::string server_name)
    : surroundings_(std::move(surroundings)),
      options_(options),
      server_name_(std::move(server_name)),
      admin_host_(host_of(options.admin)),
      watcher_(surroundings_.loop),
      room_(surroundings_.loop),
      again_(surroundings_.loop),
      again_for_socket_(surroundings_.loop),
      pause_seconds_(kFirstPause) {}

AdminProcess::~AdminProcess() = default;

std::string default_control_socket(const std::string& server_name) {
  return runtime_folder() + "/" + server_name + "/control.sock";
}

void AdminProcess::start() {
  if (!control_socket_) {
    open_control_socket();
  }
  if (!admin_address_ && !options_.admin.empty()) {
    open_admin_address();
  }
  if (process_) {
    send(*std::exchange(news_, std::nullopt));
    replace();
  } else if (control_socket_ || admin_address_) {
    fork();
  }
}

// Asks the process to leave, so that one with all sockets, or of this program, takes its place.
void AdminProcess::replace() {
  process_->is_leaving = true;
  static_cast<void>(process_->engine.send(ipc::Drain{0}));
}

void AdminProcess::open_control_socket() {
  const auto path = control_path();
  if (path && path->empty()) {
    return;
  }
  net::ListenOptions how;
  how.access.mode = kPrivate;
  auto listener = path ? net::Listener::open(net::UnixAddress{*path, false}, how)
                       : Result<net::Listener>(failure(Error(path.error())));
  if (listener) {
    control_socket_.emplace(std::move(*listener));
    return;
  }
  // The admin process of a server that was killed is gone in a moment; another server's may stay.
  again_for_socket_.start<&AdminProcess::try_socket_again>(this, kSocketPause);
  if (!was_told_) {
    was_told_ = true;
    surroundings_.log.warning("there is no control socket; it is tried again",
                              {{"why", std::string_view(listener.error().message)}});
  }
}

// Errors: the folder of the default one cannot be made. Empty: none is wanted.
Result<std::string> AdminProcess::control_path() const {
  if (options_.control_socket != "auto") {
    return options_.control_socket.empty() || options_.control_socket == "none"
               ? std::string()
               : std::filesystem::absolute(options_.control_socket).string();
  }
  const std::string path = default_control_socket(server_name_);
  if (auto made = make_private_folder(std::filesystem::path(path).parent_path()); !made) {
    return failure(std::move(made.error()));
  }
  return path;
}

void AdminProcess::try_socket_again() noexcept {
  open_control_socket();
  if (!control_socket_) {
    return;
  }
  surroundings_.log.info("there is a control socket now");
  if (process_) {
    replace();
  } else {
    fork();
  }
}

void AdminProcess::open_admin_address() {
  const auto address = net::parse_bind_address(options_.admin);
  auto listener = address ? net::Listener::open(*address, {})
                          : Result<net::Listener>(failure(Error(address.error())));
  if (!listener) {
    surroundings_.log.warning("the state cannot be read at --admin",
                              {{"why", std::string_view(listener.error().message)}});
    return;
  }
  surroundings_.log.info("the state can be read at " + listener->display());
  admin_address_.emplace(std::move(*listener));
}

void AdminProcess::fork() noexcept {
  auto commands = ipc::Channel::make_pair();
  auto engine = ipc::Channel::make_pair();
  if (!commands || !engine) {
    again_.start<&AdminProcess::fork>(this, kLongestPause);
    return;
  }
  std::vector<int> kept{commands->theirs.fd(), engine->theirs.fd()};
  std::vector<int> listener_fds;
  for (const auto* const listener : {&control_socket_, &admin_address_}) {
    if (*listener) {
      listener_fds.push_back((*listener)->fd());
    }
  }
  kept.insert(kept.end(), listener_fds.begin(), listener_fds.end());
  const SignalsBlocked blocked;
  const pid_t pid = ::fork();
  if (pid == 0) {
    surroundings_.leave_master(kept);
    std::exit(surroundings_.live({std::move(commands->theirs), std::move(engine->theirs),
                                  std::move(listener_fds), options_, ::geteuid(), admin_host_}));
  }
  if (pid < 0) {
    surroundings_.log.warning("the admin process cannot be forked; it is tried again",
                              {{"why", std::string_view(errno_text(errno))}});
    again_.start<&AdminProcess::fork>(this, kLongestPause);
    return;
  }
  talk_to({pid, std::move(commands->ours), std::move(engine->ours), Clock::now()});
}

void AdminProcess::talk_to(Process process) {
  process_.emplace(std::move(process));
  process_->commands.set_non_blocking();
  process_->engine.set_non_blocking();
  watcher_.start<&AdminProcess::on_message>(this, process_->commands.fd(), IoWatcher::kReadable);
}

void AdminProcess::on_message(int) noexcept {
  while (process_) {
    const auto received = process_->commands.receive();
    if (received) {
      surroundings_.take(received->message);
    } else if (received.error() == ipc::NothingReceived::PeerGone) {
      fall_silent();  // Its exit follows.
      return;
    } else if (received.error() == ipc::NothingReceived::NotNow) {
      return;
    }
  }
}

void AdminProcess::fall_silent() {
  watcher_.stop();
  room_.stop();
  waiting_.clear();
}

void AdminProcess::send(ipc::Message message) noexcept {
  if (!process_ || !watcher_.is_active() ||
      (waiting_.empty() && process_->commands.send(message))) {
    return;
  }
  if (waiting_.size() >= kMostWaiting) {
    ::kill(process_->pid, SIGKILL);
    return;
  }
  waiting_.push_back(std::move(message));
  room_.start<&AdminProcess::on_room>(this, process_->commands.fd(), IoWatcher::kWritable);
}

void AdminProcess::on_room(int) noexcept {
  while (!waiting_.empty() && process_->commands.send(waiting_.front())) {
    waiting_.pop_front();
  }
  if (waiting_.empty()) {
    room_.stop();
  }
}

bool AdminProcess::child_exited(pid_t pid, int wait_status) noexcept {
  if (!process_ || process_->pid != pid) {
    return false;
  }
  fall_silent();
  const Process ended = std::move(*process_);
  process_.reset();
  if (ended.is_leaving) {
    fork();
    return true;
  }
  surroundings_.log.warning(
      "the admin process died; another one takes its place",
      {{"pid", pid},
       {WIFSIGNALED(wait_status) ? "signal" : "exit_status",
        WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : WEXITSTATUS(wait_status)}});
  pause_seconds_ = Clock::now() - ended.since < kEarly ? std::min(pause_seconds_ * 2, kLongestPause)
                                                       : kFirstPause;
  again_.start<&AdminProcess::fork>(this, pause_seconds_);
  return true;
}

// --- an upgrade in place ---

void AdminProcess::pass_on(SharedState& shared, FamilyState& family) const {
  if (control_socket_) {
    shared.control_socket = state_of("", *control_socket_);
  }
  if (admin_address_) {
    shared.admin_address = state_of("", *admin_address_);
  }
  if (process_) {
    family.admin = AdminState{process_->pid, process_->commands.fd(), process_->engine.fd()};
  }
}

void AdminProcess::adopt(const SharedState& shared, const FamilyState& family,
                         ipc::CommandEnded news) {
  if (shared.control_socket) {
    control_socket_.emplace(master::adopt(*shared.control_socket));
  }
  if (shared.admin_address) {
    admin_address_.emplace(master::adopt(*shared.admin_address));
  }
  if (family.admin) {
    news_ = std::move(news);
    talk_to({family.admin->pid, ipc::Channel(UniqueFd(family.admin->commands)),
             ipc::Channel(UniqueFd(family.admin->engine)), Clock::now()});
  }
}

// --- the end ---

void AdminProcess::end() noexcept {
  again_.stop();
  again_for_socket_.stop();
  if (process_) {
    on_room(0);
    static_cast<void>(process_->engine.send(ipc::Drain{0}));
    const UniqueFd process = watch_process(process_->pid);
    pollfd ended{process.get(), POLLIN, 0};
    if (!process.is_open() || ::poll(&ended, 1, kEndMilliseconds) != 1) {
      ::kill(process_->pid, SIGKILL);
    }
    ::waitpid(process_->pid, nullptr, 0);
    process_.reset();
  }
  fall_silent();
  for (auto* const listener : {&control_socket_, &admin_address_}) {
    if (*listener) {
      (*listener)->remove_socket_file();
      listener->reset();
    }
  }
}

}  // namespace appserver::master
