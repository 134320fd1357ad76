#include "zygote/zygote.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <optional>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "base/after_fork.h"
#include "base/errno_text.h"
#include "base/signals.h"
#include "zygote/app_family.h"
#include "zygote/frame_names.h"
#include "zygote/surroundings.h"

namespace appserver::zygote {
namespace {

constexpr int kAppFailedToLoad = 4;

// What finding the names of a crashed worker's stack may take. The master waits no longer.
constexpr unsigned kNamingSeconds = 4;

// What the intermediate process of the double fork learned.
struct Birth {
  pid_t worker;  // Negative: the fork failed.
  int error;
};

class Zygote {
 public:
  explicit Zygote(ZygoteSetup& setup);

  int run();

 private:
  // Whether the zygote goes on.
  bool on_message(ipc::Received received);
  Result<Ok> load();
  // The first of `fds` is its channel; a second one its own listening socket.
  void fork_worker(const ipc::ForkWorker& order, std::vector<UniqueFd> fds);
  [[noreturn]] void become_worker(const ipc::ForkWorker& order, std::vector<UniqueFd> fds);
  void tell_fork_failed(const ipc::ForkWorker& order, int error);
  void name_frames(const ipc::NameFrames& order, UniqueFd answers);
  void describe_apps();

  ZygoteSetup& setup_;
  AppFamily family_;
};

Zygote::Zygote(ZygoteSetup& setup)
    : setup_(setup),
      family_({setup.log, setup.server_version, setup.exchange_calls, setup.extensions,
               setup.linked_app}) {}

int Zygote::run() {
  if (!setup_.options.lazy) {
    if (auto loaded = load(); !loaded) {
      static_cast<void>(setup_.master.send(ipc::AppFailed{loaded.error().message}));
      return kAppFailedToLoad;
    }
  }
  // What the app printed while loading must not be printed again by every worker.
  std::fflush(nullptr);
  describe_apps();
  ipc::AppLoaded loaded;
  if (family_.apps().size() == 1) {
    const app::LoadedApp& app = family_.apps().front().app;
    loaded = {app.name(), std::string(app.version())};
  }
  if (!setup_.master.send(loaded)) {
    return 0;
  }
  while (true) {
    auto received = setup_.master.receive();
    if (received ? !on_message(std::move(*received))
                 : received.error() == ipc::NothingReceived::PeerGone) {
      return 0;
    }
  }
}

bool Zygote::on_message(ipc::Received received) {
  if (const auto* order = std::get_if<ipc::ForkWorker>(&received.message)) {
    if (!received.fds.empty()) {
      fork_worker(*order, std::move(received.fds));
    }
  } else if (const auto* frames = std::get_if<ipc::NameFrames>(&received.message)) {
    if (received.fds.size() == 1) {
      name_frames(*frames, std::move(received.fds.front()));
    }
  } else if (std::holds_alternative<ipc::LogsReopened>(received.message)) {
    setup_.log_files.take_over(received.fds);
  } else if (const auto* set = std::get_if<ipc::LogLevelSet>(&received.message)) {
    setup_.log.set_level(static_cast<config::LogLevel>(set->level));
  } else if (std::holds_alternative<ipc::Retire>(received.message)) {
    family_.retire();
    return false;
  }
  return true;
}

Result<Ok> Zygote::load() {
  // With --lazy this process is the worker: nothing will be forked from it.
  return family_.load(setup_.apps, !setup_.options.lazy);
}

// Of one app the name is told when it is loaded; of several, before.
void Zygote::describe_apps() {
  const auto apps = family_.apps();
  for (std::uint32_t place = 0; apps.size() > 1 && place < apps.size(); ++place) {
    const app::LoadedApp& app = apps[place].app;
    static_cast<void>(
        setup_.master.send(ipc::AppDescribed{place, app.name(), std::string(app.version())}));
  }
}

// Forks twice: the worker's parent ends at once, so that the kernel gives the worker to the nearest
// subreaper, the master, which supervises it as a child of its own. The master is told only after
// that, because it checks that the pid it hears from a process that runs app code is really its
// child.
void Zygote::fork_worker(const ipc::ForkWorker& order, std::vector<UniqueFd> fds) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    tell_fork_failed(order, errno);
    return;
  }
  const UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  const SignalsBlocked blocked;
  const pid_t intermediate = ::fork();
  if (intermediate == 0) {
    const pid_t worker = ::fork();
    if (worker == 0) {
      after_fork({});
      setup_.master.close();
      write_end.reset();
      become_worker(order, std::move(fds));
    }
    const Birth birth{worker, errno};
    // A copy of the zygote that must not run its destructors.
    ::_exit(::write(write_end.get(), &birth, sizeof birth) == sizeof birth ? 0 : 1);
  }
  write_end.reset();
  Birth birth{intermediate, errno};
  if (intermediate > 0) {
    while (::waitpid(intermediate, nullptr, 0) < 0 && errno == EINTR) {
    }
    if (::read(read_end.get(), &birth, sizeof birth) != sizeof birth) {
      birth = {-1, ECHILD};  // Killed in between.
    }
  }
  if (birth.worker < 0) {
    tell_fork_failed(order, birth.error);
  } else {
    static_cast<void>(setup_.master.send(ipc::WorkerForked{order.slot, order.score, birth.worker}));
  }
}

void Zygote::become_worker(const ipc::ForkWorker& order, std::vector<UniqueFd> fds) {
  ipc::Channel master(std::move(fds.front()));
  UniqueFd own_listener = fds.size() > 1 ? std::move(fds[1]) : UniqueFd();
  if (own_listener.is_open()) {
    setup_.log.set_identity({"check", std::nullopt, order.generation});
  } else {
    setup_.log.set_identity({"worker", order.slot, order.generation});
  }
  if (family_.apps().empty()) {  // --lazy
    if (auto loaded = load(); !loaded) {
      static_cast<void>(master.send(ipc::AppFailed{loaded.error().message}));
      std::exit(kAppFailedToLoad);
    }
  }
  std::exit(setup_.worker({order.slot, order.generation, order.score, std::move(master),
                           family_.apps(), std::move(own_listener)}));
}

void Zygote::tell_fork_failed(const ipc::ForkWorker& order, int error) {
  static_cast<void>(setup_.master.send(ipc::WorkerForkFailed{
      order.slot, order.score, "the zygote cannot fork: " + errno_text(error)}));
}

// Reading debug information is slow and may crash: it is done in a process of its own, which nobody
// waits for. Its parent ends at once, so that the master reaps it.
void Zygote::name_frames(const ipc::NameFrames& order, UniqueFd answers) {
  const SignalsBlocked blocked;
  const pid_t intermediate = ::fork();
  if (intermediate == 0) {
    if (::fork() == 0) {
      after_fork({});
      setup_.master.close();
      setup_.title.set("appserverd: stack reader gen " + std::to_string(setup_.generation));
      ::alarm(kNamingSeconds);
      ipc::Channel channel(std::move(answers));
      zygote::name_frames(order, [&channel](ipc::FrameNamed name) {
        static_cast<void>(channel.send(std::move(name)));
      });
    }
    ::_exit(0);
  }
  if (intermediate > 0) {
    while (::waitpid(intermediate, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
}

}  // namespace

int zygote(ZygoteSetup setup) {
  // The master decides when a zygote leaves; a signal to the whole group is meant for the master.
  ignore_signals({SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGTTIN, SIGTTOU, SIGPIPE});
  setup.log.set_identity({"zygote", std::nullopt, setup.generation});
  if (auto entered = enter_surroundings(setup.options); !entered) {
    static_cast<void>(setup.master.send(ipc::AppFailed{entered.error().message}));
    return kAppFailedToLoad;
  }
  return Zygote(setup).run();
}

}  // namespace appserver::zygote
