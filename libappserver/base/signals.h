#pragma once

#include <initializer_list>
#include <signal.h>
#include <vector>

// The process's signal table and mask. sigaction() is called nowhere else (the crash handler of a
// later step is the one exception).
namespace appserver {

// Blocks every signal while it lives and restores the mask that was there. fork() happens inside
// one of these, so that no inherited handler runs in the child before after_fork() has removed it.
// [any]
class SignalsBlocked {
 public:
  SignalsBlocked() noexcept;
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  ~SignalsBlocked();

 private:
  sigset_t previous_;
};

// Puts every signal back to its default action: after fork() nothing of the parent's handling
// remains.
void reset_signal_dispositions() noexcept;

// The same for one signal.
void reset_signal_disposition(int signal) noexcept;

// Calls `handler`, which has to be async-signal-safe, and unblocks the signal. For the few places
// where code runs in a handler, which say so. All other signals are blocked meanwhile.
void catch_signal(int signal, void (*handler)(int)) noexcept;

// Makes the process deaf to these signals.
void ignore_signals(std::initializer_list<int> signals) noexcept;

// Lets the calling thread receive these signals again.
void unblock_signals(std::initializer_list<int> signals) noexcept;

// Unblocks all signals: the last step in a child before it does its own work.
void unblock_all_signals() noexcept;

// Puts the actions of all signals back to what they were when it was made. For a server in a
// program that goes on after it. [any]
class DispositionsKept {
 public:
  DispositionsKept();
  DispositionsKept(const DispositionsKept&) = delete;
  DispositionsKept& operator=(const DispositionsKept&) = delete;
  ~DispositionsKept();

 private:
  std::vector<struct sigaction> previous_;  // By number, from 1 on.
};

// Keeps SIGPIPE from the calling thread while it lives, without touching the process's signal
// table: sendfile(2) to a client that is gone raises it, and knows no MSG_NOSIGNAL. One that came
// meanwhile is taken away; the mask is then as before. [any] Destroyed on the same thread.
class BrokenPipesHeld {
 public:
  BrokenPipesHeld() noexcept;
  BrokenPipesHeld(const BrokenPipesHeld&) = delete;
  BrokenPipesHeld& operator=(const BrokenPipesHeld&) = delete;
  ~BrokenPipesHeld();

 private:
  sigset_t previous_;
  bool was_pending_;
};

}  // namespace appserver
