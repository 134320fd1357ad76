#include "master/verification.h"

#include <cerrno>
#include <cstdlib>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <type_traits>
#include <unistd.h>
#include <utility>
#include <variant>

#include "base/accounts.h"
#include "base/errno_text.h"
#include "base/privileges.h"
#include "base/signal_name.h"
#include "base/signals.h"
#include "master/deploy_checks.h"
#include "supervision/wording.h"

namespace appserver::master {
namespace {

// From Stop to SIGKILL, as in the ladder of all workers.
constexpr double kKillGraceSeconds = 2.0;
// So many connections wait at most: checks come one after the other, but a command may do as it
// likes.
constexpr int kBacklog = 128;

// That the user exists was checked when the release was made.
uid_t owner_of(const std::string& user) {
  const auto account = find_user(user);
  return account ? account->uid : ::geteuid();
}

}  // namespace

struct Verification::Run {
  Run(Verification& verification_of, supervision::Generation number, const Release& what)
      : owner(verification_of),
        generation(number),
        release(what),
        readable(verification_of.surroundings_.loop) {}
  void on_message(int) noexcept { owner.read_checks(); }

  Verification& owner;
  supervision::Generation generation;
  const Release& release;
  std::optional<PassingFolder> folder;
  std::optional<net::Listener> listener;
  std::optional<pid_t> worker;
  pid_t checker = -1;
  std::optional<ipc::Channel> channel;
  IoWatcher readable;
  std::optional<std::string> fault;  // What a check said.
};

Verification::Verification(Surroundings surroundings)
    : surroundings_(std::move(surroundings)), patience_(surroundings_.loop) {}

Verification::~Verification() {
  clear();
}

void Verification::start(supervision::Generation generation, const Release& release) {
  run_ = std::make_unique<Run>(*this, generation, release);
  if (auto begun = begin(*run_); !begun) {
    end("it could not be verified: " + begun.error().message);
  }
}

// The socket belongs to the app's user: the checks run as that one.
Result<Ok> Verification::begin(Run& run) {
  auto folder = PassingFolder::make("appserverd-verify-" + std::to_string(::getpid()));
  if (!folder) {
    return failure(std::move(folder.error()));
  }
  run.folder.emplace(std::move(*folder));
  const uid_t owner = owner_of(run.release.options.user);
  const net::ListenOptions how{kBacklog, {.mode = 0600, .user = owner}};
  auto listener = net::Listener::open(net::UnixAddress{run.folder->path() + "/app.sock"}, how);
  if (!listener) {
    return failure(std::move(listener.error()));
  }
  run.listener.emplace(std::move(*listener));
  if (auto given = run.folder->give_to(owner); !given) {
    return given;
  }
  ++forks_;
  surroundings_.children.fork_unlisted_worker(run.generation, run.listener->fd());
  return ok();
}

void Verification::cancel() {
  clear();
}

// --- its worker ---

bool Verification::takes(const supervision::Event& event) {
  const bool is_ours = std::visit(
      [this](const auto& one) {
        using Event = std::decay_t<decltype(one)>;
        if constexpr (std::is_same_v<Event, supervision::WorkerForked> ||
                      std::is_same_v<Event, supervision::WorkerForkFailed>) {
          return one.slot == kUnlistedSlot;
        } else if constexpr (requires { one.pid; }) {
          return leaving_.contains(one.pid) || (run_ != nullptr && run_->worker == one.pid);
        } else {
          return false;
        }
      },
      event);
  if (is_ours) {
    std::visit([this](const auto& one) { take(one); }, event);
  }
  return is_ours;
}

void Verification::take(const supervision::WorkerForked& event) {
  --forks_;
  if (run_ != nullptr && run_->generation == event.generation && !run_->worker) {
    run_->worker = event.pid;
  } else {
    dismiss(event.pid);
  }
}

void Verification::take(const supervision::WorkerForkFailed& event) {
  --forks_;
  if (run_ != nullptr && run_->generation == event.generation) {
    end("no worker could be forked to verify it: " + event.why);
  }
}

void Verification::take(const supervision::WorkerReady& event) {
  if (run_ == nullptr || run_->worker != event.pid) {
    return;
  }
  if (auto started = start_checks(*run_); !started) {
    end("it could not be verified: " + started.error().message);
  }
}

void Verification::take(const supervision::WorkerFailedToBoot& event) {
  if (run_ != nullptr && run_->worker == event.pid) {
    end("the worker that was to be verified failed to start: " + event.why);
  }
}

void Verification::take(const supervision::WorkerExited& event) {
  leaving_.erase(event.pid);
  if (run_ == nullptr || run_->worker != event.pid) {
    return;
  }
  run_->worker.reset();
  read_checks();  // The check at which it died says more.
  // Those of our own make that a check failed are no news.
  const bool is_news =
      !run_->fault || (event.reason.kind == supervision::ExitReason::Kind::Signalled &&
                       event.reason.code != SIGKILL);
  std::string why = run_->fault.value_or("");
  if (is_news) {
    why += (why.empty() ? "" : "; ") + std::string("the worker that was to be verified ") +
           supervision::describe(event.reason);
  }
  end(why);
}

void Verification::dismiss(pid_t worker) {
  leaving_.insert(worker);
  surroundings_.children.stop_worker(worker);
  if (!patience_.is_active()) {
    patience_.start<&Verification::kill_leaving>(this, kKillGraceSeconds, kKillGraceSeconds);
  }
}

// Those that were told just now get a little less time: they serve nobody.
void Verification::kill_leaving() noexcept {
  for (const pid_t pid : leaving_) {
    surroundings_.children.kill_worker(pid);
  }
  if (leaving_.empty()) {
    patience_.stop();
  }
}

// --- the check child ---

Result<Ok> Verification::start_checks(Run& run) {
  auto pair = ipc::Channel::make_pair();
  if (!pair) {
    return failure(std::move(pair.error()));
  }
  const SignalsBlocked blocked;
  run.checker = ::fork();
  if (run.checker == 0) {
    become_check_child(run, std::move(pair->theirs));
  }
  if (run.checker < 0) {
    return failure("the master cannot fork: " + errno_text(errno));
  }
  ::setpgid(run.checker, run.checker);  // Also here, so that the group exists whoever runs first.
  run.channel.emplace(std::move(pair->ours));
  run.channel->set_non_blocking();
  run.readable.start<&Run::on_message>(&run, run.channel->fd(), IoWatcher::kReadable);
  return ok();
}

void Verification::become_check_child(const Run& run, ipc::Channel channel) {
  const std::array kept{channel.fd()};
  surroundings_.leave_master(kept, "appserverd: checks of gen " + std::to_string(run.generation));
  // A group of its own, which is killed with all that the command may start, and that dies with the
  // master.
  ::setpgid(0, 0);
  const config::Options& options = run.release.options;
  if (auto dropped = drop_privileges({options.user, options.group}); !dropped) {
    static_cast<void>(channel.send(
        ipc::CheckEnded{"the change to the app's user", 0, dropped.error().message, 0}));
    ::_exit(1);
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // Only now: another user would have cleared it.
  const std::string socket = run.folder->path() + "/app.sock";
  ::_exit(run_checks({options.deploy_checks, options.verify_command, socket}, channel));
}

void Verification::read_checks() noexcept {
  while (run_ != nullptr && run_->channel) {
    const auto received = run_->channel->receive();
    if (!received) {
      if (received.error() == ipc::NothingReceived::NotUnderstood) {
        continue;
      }
      if (received.error() == ipc::NothingReceived::PeerGone) {
        run_->readable.stop();  // Its exit follows.
      }
      return;
    }
    if (const auto* ended = std::get_if<ipc::CheckEnded>(&received->message)) {
      if (ended->passed == 0) {
        run_->fault = "the check " + ended->what + " failed: " + ended->why;
      } else {
        surroundings_.log.info("a check of the deploy passed",
                               {{"generation", run_->generation},
                                {"check", std::string_view(ended->what)},
                                {"milliseconds", ended->milliseconds}});
      }
    }
  }
}

bool Verification::child_exited(pid_t pid, int wait_status) {
  if (run_ == nullptr || run_->checker != pid) {
    return false;
  }
  read_checks();
  run_->checker = -1;
  ::kill(-pid, SIGKILL);  // What the command left behind. The group's number is nobody else's yet.
  const bool is_good = WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0;
  if (run_->fault && run_->worker) {
    dismiss(*run_->worker);  // Its exit follows, and may say why the check failed.
  } else if (run_->fault) {
    end(*run_->fault);
  } else if (!is_good) {
    const std::string how = WIFSIGNALED(wait_status)
                                ? "were ended by " + signal_name(WTERMSIG(wait_status))
                                : "ended with status " + std::to_string(WEXITSTATUS(wait_status));
    end("its checks " + how);
  } else {
    end(std::nullopt);
  }
  return true;
}

// --- ends ---

void Verification::end(const std::optional<std::string>& why) {
  const supervision::Generation generation = run_->generation;
  clear();
  surroundings_.report(supervision::VerificationEnded{generation, !why, why.value_or("")});
}

void Verification::clear() {
  const auto run = std::exchange(run_, nullptr);
  if (run == nullptr) {
    return;
  }
  if (run->checker > 0) {
    ::kill(-run->checker, SIGKILL);
  }
  if (run->worker) {
    dismiss(*run->worker);
  }
}

}  // namespace appserver::master
