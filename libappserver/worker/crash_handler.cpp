#include "worker/crash_handler.h"

#include <array>
#include <atomic>
#include <signal.h>
#include <unistd.h>

namespace appserver::worker {
namespace {

constexpr std::array kCrashSignals = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

// The handler's work takes milliseconds. Whatever keeps it longer is broken, too.
constexpr unsigned kGuardSeconds = 5;

// A signal handler is given nothing but a number: where to look has to be global. Written before
// the handlers are installed and after they are gone.
// NOLINTBEGIN(cppcoreguidelines-avoid-non-const-global-variables)
std::atomic<const Connections*> scene_connections{nullptr};
std::atomic<const ipc::Handoff*> scene_handoff{nullptr};
alignas(16) std::array<char, 64 * 1024> handler_stack;
// NOLINTEND(cppcoreguidelines-avoid-non-const-global-variables)

void on_crash(int signal) {
  ::alarm(kGuardSeconds);  // SIGALRM has its default action, which ends the process.
  const Connections* connections = scene_connections.load(std::memory_order_relaxed);
  const ipc::Handoff* handoff = scene_handoff.load(std::memory_order_relaxed);
  if (connections != nullptr && handoff != nullptr) {
    connections->save_from_crash(*handoff);
  }
  // SA_RESETHAND has put the default action back. The signal is blocked until this function
  // returns, and is then delivered where the crash was: the core dump shows that place. It also
  // ends a process to which somebody sent the signal, where no instruction would fail again.
  ::raise(signal);
}

void install(int signal, void (*handler)(int), int flags) noexcept {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(signal, &action, nullptr);
}

}  // namespace

CrashHandler::CrashHandler(const Connections& connections, const ipc::Handoff& handoff) {
  scene_connections = &connections;
  scene_handoff = &handoff;
  stack_t stack = {};
  stack.ss_sp = handler_stack.data();
  stack.ss_size = handler_stack.size();
  ::sigaltstack(&stack, nullptr);
  install(SIGALRM, SIG_DFL, 0);
  for (const int signal : kCrashSignals) {
    install(signal, &on_crash, static_cast<int>(SA_ONSTACK | SA_RESETHAND));
  }
}

CrashHandler::~CrashHandler() {
  for (const int signal : kCrashSignals) {
    install(signal, SIG_DFL, 0);
  }
  scene_connections = nullptr;
  scene_handoff = nullptr;
}

}  // namespace appserver::worker
