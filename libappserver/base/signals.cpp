#include "base/signals.h"

namespace appserver {
namespace {

void set_disposition(int signal, void (*handler)(int)) noexcept {
  struct sigaction action = {};
  action.sa_handler = handler;
  ::sigemptyset(&action.sa_mask);
  // Fails for SIGKILL, SIGSTOP and the numbers glibc keeps for itself: nothing to do about those.
  ::sigaction(signal, &action, nullptr);
}

}  // namespace

SignalsBlocked::SignalsBlocked() noexcept {
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, &previous_);
}

SignalsBlocked::~SignalsBlocked() {
  ::sigprocmask(SIG_SETMASK, &previous_, nullptr);
}

void reset_signal_dispositions() noexcept {
  for (int signal = 1; signal <= SIGRTMAX; ++signal) {
    set_disposition(signal, SIG_DFL);
  }
}

void reset_signal_disposition(int signal) noexcept {
  set_disposition(signal, SIG_DFL);
}

void catch_signal(int signal, void (*handler)(int)) noexcept {
  struct sigaction action = {};
  action.sa_handler = handler;
  ::sigfillset(&action.sa_mask);
  ::sigaction(signal, &action, nullptr);
  sigset_t only;
  ::sigemptyset(&only);
  ::sigaddset(&only, signal);
  ::sigprocmask(SIG_UNBLOCK, &only, nullptr);
}

void ignore_signals(std::initializer_list<int> signals) noexcept {
  for (const int signal : signals) {
    set_disposition(signal, SIG_IGN);
  }
}

void unblock_signals(std::initializer_list<int> signals) noexcept {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : signals) {
    ::sigaddset(&set, signal);
  }
  ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

void unblock_all_signals() noexcept {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

DispositionsKept::DispositionsKept() : previous_(static_cast<std::size_t>(SIGRTMAX)) {
  for (int signal = 1; signal <= SIGRTMAX; ++signal) {
    ::sigaction(signal, nullptr, &previous_[static_cast<std::size_t>(signal - 1)]);
  }
}

DispositionsKept::~DispositionsKept() {
  for (int signal = 1; signal <= SIGRTMAX; ++signal) {
    ::sigaction(signal, &previous_[static_cast<std::size_t>(signal - 1)], nullptr);
  }
}

namespace {

sigset_t broken_pipe() noexcept {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGPIPE);
  return set;
}

bool is_broken_pipe_pending() noexcept {
  sigset_t pending;
  ::sigemptyset(&pending);
  ::sigpending(&pending);
  return ::sigismember(&pending, SIGPIPE) == 1;
}

}  // namespace

BrokenPipesHeld::BrokenPipesHeld() noexcept : was_pending_(is_broken_pipe_pending()) {
  const sigset_t set = broken_pipe();
  ::pthread_sigmask(SIG_BLOCK, &set, &previous_);
}

BrokenPipesHeld::~BrokenPipesHeld() {
  const sigset_t set = broken_pipe();
  const timespec at_once{0, 0};
  if (!was_pending_ && is_broken_pipe_pending()) {
    ::sigtimedwait(&set, nullptr, &at_once);
  }
  ::pthread_sigmask(SIG_SETMASK, &previous_, nullptr);
}

}  // namespace appserver
