#include "worker/crash_handler.h"

#include <array>
#include <atomic>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "ipc/timeout_signal.h"

namespace appserver::worker {
namespace {

constexpr std::array kCrashSignals = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

// The handler's work takes milliseconds. Whatever keeps it longer is broken, too.
constexpr unsigned kGuardSeconds = 5;

// How long the first thread has to come to a stop when another one crashed.
constexpr int kFreezeAttempts = 500;
constexpr timespec kFreezePause{0, 200'000};

// What a signal to the first thread is about when it is none of a crash.
enum class Request : int { Timeout, Stop, Freeze };

// A signal handler is given nothing but a number: where to look has to be global. Written before
// the handlers are installed and after they are gone.
// NOLINTBEGIN(cppcoreguidelines-avoid-non-const-global-variables)
std::atomic<const CrashHandler::Scene*> scene_of_crash{nullptr};
pthread_t first_thread;
std::atomic<Request> request{Request::Timeout};
std::atomic<bool> is_frozen{false};
alignas(16) std::array<char, 64 * 1024> handler_stack;
// NOLINTEND(cppcoreguidelines-avoid-non-const-global-variables)

void ask_first_thread(Request what) noexcept {
  request.store(what);
  ::pthread_kill(first_thread, ipc::timeout_signal());
}

// A crash on another thread: the first one must not go on answering meanwhile.
void freeze_first_thread() noexcept {
  ask_first_thread(Request::Freeze);
  for (int attempt = 0; attempt < kFreezeAttempts && !is_frozen.load(); ++attempt) {
    ::nanosleep(&kFreezePause, nullptr);
  }
}

void save_clients(WorkerEnd end) noexcept {
  ::alarm(kGuardSeconds);  // SIGALRM has its default action, which ends the process.
  const CrashHandler::Scene* scene = scene_of_crash.load(std::memory_order_relaxed);
  if (scene == nullptr) {
    return;
  }
  if (::pthread_equal(::pthread_self(), first_thread) == 0) {
    freeze_first_thread();
  }
  // Whether or not the standby lets go: in the end the clients count.
  static_cast<void>(scene->baton.seize());
  scene->connections.save_from_end(scene->handoff, end);
}

void on_crash(int signal) {
  save_clients(WorkerEnd::Crash);
  // SA_RESETHAND has put the default action back. The signal is blocked until this function
  // returns, and is then delivered where the crash was: the core dump shows that place. It also
  // ends a process to which somebody sent the signal, where no instruction would fail again.
  ::raise(signal);
}

bool is_over_deadline(const CrashHandler::Scene& scene) noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return scene.gate.is_running_app() &&
         TimePoint{std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec}} >=
             scene.score.deadline();
}

[[noreturn]] void die_of_timeout() noexcept {
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(SIGABRT, &action, nullptr);
  ::abort();
}

// Not a crash yet: who sent it may have been too late, and the handler is done.
void on_request(int signal) {
  if (::pthread_equal(::pthread_self(), first_thread) == 0) {
    ::pthread_kill(first_thread, signal);  // Sent to the process, it may arrive on any thread.
    return;
  }
  const CrashHandler::Scene* scene = scene_of_crash.load(std::memory_order_relaxed);
  if (scene == nullptr) {
    return;
  }
  switch (request.load()) {
    case Request::Freeze:
      is_frozen.store(true);
      while (true) {
        ::pause();
      }
    case Request::Stop:
      if (scene->gate.is_running_app()) {
        save_clients(WorkerEnd::Stop);
        ::_exit(0);
      }
      break;
    case Request::Timeout:
      if (is_over_deadline(*scene)) {
        save_clients(WorkerEnd::Timeout);
        die_of_timeout();
      }
      break;
  }
}

void install(int signal, void (*handler)(int), int flags) noexcept {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(signal, &action, nullptr);
}

}  // namespace

CrashHandler::CrashHandler(const Scene& scene) : scene_(scene) {
  first_thread = ::pthread_self();
  scene_of_crash = &scene_;
  stack_t stack = {};
  stack.ss_sp = handler_stack.data();
  stack.ss_size = handler_stack.size();
  ::sigaltstack(&stack, nullptr);
  install(SIGALRM, SIG_DFL, 0);
  for (const int signal : kCrashSignals) {
    install(signal, &on_crash, static_cast<int>(SA_ONSTACK | SA_RESETHAND));
  }
  install(ipc::timeout_signal(), &on_request, SA_ONSTACK | SA_RESTART);
}

CrashHandler::~CrashHandler() {
  for (const int signal : kCrashSignals) {
    install(signal, SIG_DFL, 0);
  }
  install(ipc::timeout_signal(), SIG_IGN, 0);  // It may come late, and is not meant to kill then.
  scene_of_crash = nullptr;
}

void CrashHandler::end_timed_out() const noexcept {
  ask_first_thread(Request::Timeout);
}

void CrashHandler::end_now() const noexcept {
  ask_first_thread(Request::Stop);
}

}  // namespace appserver::worker
