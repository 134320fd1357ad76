#pragma once

#include <initializer_list>
#include <signal.h>

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

// Makes the process deaf to these signals.
void ignore_signals(std::initializer_list<int> signals) noexcept;

// Lets the calling thread receive these signals again.
void unblock_signals(std::initializer_list<int> signals) noexcept;

// Unblocks all signals: the last step in a child before it does its own work.
void unblock_all_signals() noexcept;

}  // namespace appserver
