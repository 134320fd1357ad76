#include "worker/crash_handler.h"

#include <array>
#include <atomic>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "ipc/timeout_signal.h"
#include "worker/black_box.h"

namespace appserver::worker {
namespace {

constexpr std::array kCrashSignals = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

// The handler's work takes milliseconds. Whatever keeps it longer is broken, too.
constexpr unsigned kGuardSeconds = 5;

// How long the first thread has to come to a stop when another one crashed, or to note where it is.
constexpr int kFreezeAttempts = 500;
constexpr timespec kFreezePause{0, 200'000};

// What a signal to the first thread is about when it is none of a crash.
enum class Request : int { Timeout, Stop, Freeze, Note };

// A signal handler is given nothing but a number: where to look has to be global. Written before
// the handlers are installed and after they are gone.
// NOLINTBEGIN(cppcoreguidelines-avoid-non-const-global-variables)
std::atomic<const CrashHandler::Scene*> scene_of_crash{nullptr};
pthread_t first_thread;
std::atomic<Request> request{Request::Timeout};
std::atomic<bool> is_frozen{false};
std::atomic<bool> is_noted{false};
std::atomic<int> ending_thread{0};
std::atomic<int> ending_signal{0};
alignas(16) std::array<char, 64 * 1024> handler_stack;
// NOLINTEND(cppcoreguidelines-avoid-non-const-global-variables)

[[nodiscard]] bool is_first_thread() noexcept {
  return ::pthread_equal(::pthread_self(), first_thread) != 0;
}

void ask_first_thread(Request what) noexcept {
  request.store(what);
  ::pthread_kill(first_thread, ipc::timeout_signal());
}

bool wait_for(const std::atomic<bool>& done) noexcept {
  for (int attempt = 0; attempt < kFreezeAttempts && !done.load(); ++attempt) {
    ::nanosleep(&kFreezePause, nullptr);
  }
  return done.load();
}

// A crash on another thread: the handler that runs on the first one must not go on answering.
void freeze_first_thread() noexcept {
  ask_first_thread(Request::Freeze);
  static_cast<void>(wait_for(is_frozen));
}

// The exchange that the code on this thread works at, when that is not the first thread's own one.
DetachedExchange* detached_at_work(const CrashHandler::Scene& scene) noexcept {
  if (is_first_thread()) {
    return scene.gate.exchange_of_job();
  }
  return scene.serving.threads == nullptr ? nullptr : scene.serving.threads->current_exchange();
}

// Requires: the loop is seized, and nobody else writes to the scoreboard.
const Connection* find_guilty(const CrashHandler::Scene& scene) noexcept {
  const DetachedExchange* detached = detached_at_work(scene);
  if (detached == nullptr) {
    // A thread that the app started itself most likely worked for the handler that runs.
    return scene.serving.app_batch.being_served;
  }
  if (!is_first_thread()) {
    // The scoreboard shows what the first thread does; the end of this worker is another one's
    // work.
    scene.score.begin_exchange(detached->facts(), detached->began(), TimePoint::max());
  }
  return detached->owner();
}

void save_clients(WorkerEnd end) noexcept {
  ::alarm(kGuardSeconds);  // SIGALRM has its default action, which ends the process.
  const CrashHandler::Scene* scene = scene_of_crash.load(std::memory_order_relaxed);
  if (scene == nullptr) {
    return;
  }
  if (scene->serving.threads != nullptr) {
    scene->serving.threads->begin_nothing_more();
  }
  const bool is_first = is_first_thread();
  // Whether or not its owner lets go of the loop: in the end the clients count.
  const bool is_seized = scene->baton.seize(is_first);
  if (!is_first && (!is_seized || scene->gate.is_running_app())) {
    freeze_first_thread();
  }
  scene->connections.save_from_end(scene->handoff, end, find_guilty(*scene));
}

void install(int signal, void (*handler)(int, siginfo_t*, void*)) noexcept {
  struct sigaction action = {};
  action.sa_sigaction = handler;
  action.sa_flags = static_cast<int>(SA_ONSTACK | SA_RESTART | SA_SIGINFO);
  ::sigemptyset(&action.sa_mask);
  ::sigaction(signal, &action, nullptr);
}

void put_back(int signal, void (*disposition)(int)) noexcept {
  struct sigaction action = {};
  action.sa_handler = disposition;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(signal, &action, nullptr);
}

[[noreturn]] void die_by(int signal) noexcept {
  put_back(signal, SIG_DFL);
  sigset_t only;
  ::sigemptyset(&only);
  ::sigaddset(&only, signal);
  ::pthread_sigmask(SIG_UNBLOCK, &only, nullptr);
  ::raise(signal);
  ::_exit(1);
}

// What is left of the process's life belongs to one thread. Another one that crashes meanwhile
// waits for the end; the same one has crashed in here, and makes the end that it was about to make.
void claim_end(int signal) noexcept {
  const int self = ::gettid();
  int owner = 0;
  if (ending_thread.compare_exchange_strong(owner, self)) {
    ending_signal.store(signal);
    return;
  }
  if (owner == self) {
    die_by(ending_signal.load());
  }
  while (true) {
    ::pause();
  }
}

// First the facts, then the clients, and last what is likely to crash again.
void end_with_record(ipc::EndKind kind, const siginfo_t& signal, void* context) noexcept {
  const CrashHandler::Scene* scene = scene_of_crash.load(std::memory_order_relaxed);
  if (scene == nullptr) {
    return;
  }
  const bool in_first = is_first_thread() && scene->gate.is_running_app();
  const bool in_handler = in_first || detached_at_work(*scene) != nullptr;
  record_signal(scene->record, kind, signal, in_handler);
  if (in_first) {
    scene->gate.identify_exchange();
  }
  save_clients(kind == ipc::EndKind::Crash ? WorkerEnd::Crash : WorkerEnd::Timeout);
  record_stack(scene->record, context);
}

void on_crash(int signal, siginfo_t* info, void* context) noexcept {
  claim_end(signal);
  end_with_record(ipc::EndKind::Crash, *info, context);
  put_back(signal, SIG_DFL);
  // The signal is blocked until this function returns, and is then delivered where the crash was:
  // the core dump shows that place. It also ends a process to which somebody sent the signal, where
  // no instruction would fail again.
  ::raise(signal);
}

bool is_over_deadline(const CrashHandler::Scene& scene) noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return scene.gate.is_running_app() &&
         TimePoint{std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec}} >=
             scene.score.deadline();
}

// Not a crash yet: who sent it may have been too late, and the handler is done.
void on_request(int signal, siginfo_t* info, void* context) noexcept {
  if (!is_first_thread()) {
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
        claim_end(SIGABRT);
        save_clients(WorkerEnd::Stop);
        ::_exit(0);
      }
      break;
    case Request::Note:
      record_signal(scene->record, ipc::EndKind::Held, *info, scene->gate.is_running_app());
      record_stack(scene->record, context);
      is_noted.store(true);
      break;
    case Request::Timeout:
      if (is_over_deadline(*scene)) {
        claim_end(SIGABRT);
        end_with_record(ipc::EndKind::Timeout, *info, context);
        die_by(SIGABRT);
      }
      break;
  }
}

}  // namespace

CrashHandler::CrashHandler(const Scene& scene) : scene_(scene) {
  first_thread = ::pthread_self();
  scene_of_crash = &scene_;
  stack_t stack = {};
  stack.ss_sp = handler_stack.data();
  stack.ss_size = handler_stack.size();
  ::sigaltstack(&stack, nullptr);
  put_back(SIGALRM, SIG_DFL);
  for (const int signal : kCrashSignals) {
    install(signal, &on_crash);
  }
  install(ipc::timeout_signal(), &on_request);
}

CrashHandler::~CrashHandler() {
  for (const int signal : kCrashSignals) {
    put_back(signal, SIG_DFL);
  }
  put_back(ipc::timeout_signal(), SIG_IGN);  // It may come late, and is not meant to kill then.
  scene_of_crash = nullptr;
}

void CrashHandler::end_timed_out() const noexcept {
  ask_first_thread(Request::Timeout);
}

void CrashHandler::end_now() const noexcept {
  ask_first_thread(Request::Stop);
}

bool CrashHandler::note_stack() const noexcept {
  is_noted.store(false);
  ask_first_thread(Request::Note);
  return wait_for(is_noted);
}

}  // namespace appserver::worker
