#pragma once

#include <optional>
#include <set>

#include "supervision/events.h"

// The referee's book about recycling: who asked for it, and which one is in progress.
namespace appserver::supervision::test {

class RecycleBook {
 public:
  void asked(Pid pid) { wishes_.insert(pid); }
  [[nodiscard]] bool has_asked(Pid pid) const { return wishes_.count(pid) == 1; }
  [[nodiscard]] bool is_in_progress() const { return substitute_ || leaving_; }
  [[nodiscard]] bool is_one_leaving() const { return leaving_.has_value(); }
  // How many came to their end: a test that saw none proves nothing.
  [[nodiscard]] unsigned takeovers() const { return takeovers_; }

  // A fork was ordered for the slot of a worker that goes on serving.
  void begins(Slot slot, Generation generation) { substitute_ = {slot, generation, 0}; }
  void forked(Slot slot, Generation generation, Pid pid) {
    if (is_for(slot, generation)) {
      substitute_->pid = pid;
    }
  }
  // The substitute is no substitute any more: it failed, is asked to leave, or the slot is vacant.
  void given_up(Slot slot) {
    if (substitute_ && substitute_->slot == slot) {
      substitute_.reset();
    }
  }
  void given_up() { substitute_.reset(); }
  void fork_failed(Slot slot, Generation generation) {
    if (is_for(slot, generation)) {
      substitute_.reset();
    }
  }
  void zygote_exited(Generation generation) {
    if (substitute_ && substitute_->pid == 0 && substitute_->generation == generation) {
      substitute_.reset();
    }
  }
  void asked_to_leave(Pid pid) {
    if (substitute_ && substitute_->pid == pid) {
      substitute_.reset();
    }
  }
  void taken_over_from(Pid old) {
    substitute_.reset();
    leaving_ = old;
    ++takeovers_;
  }
  void exited(Pid pid) {
    asked_to_leave(pid);
    if (leaving_ == pid) {
      leaving_.reset();
    }
  }

 private:
  struct Substitute {
    Slot slot;
    Generation generation;
    Pid pid;  // 0: not known yet.
  };
  [[nodiscard]] bool is_for(Slot slot, Generation generation) const {
    return substitute_ && substitute_->pid == 0 && substitute_->slot == slot &&
           substitute_->generation == generation;
  }

  std::set<Pid> wishes_;
  std::optional<Substitute> substitute_;
  std::optional<Pid> leaving_;
  unsigned takeovers_ = 0;
};

}  // namespace appserver::supervision::test
