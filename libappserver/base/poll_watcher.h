#pragma once

#include "base/event_loop.h"

namespace appserver {

// The loop's own wait for events: (owner->*Before)() when everything else is done and the wait
// begins, (owner->*After)() when it is over and nothing else has been called yet.
class PollWatcher {
 public:
  explicit PollWatcher(EventLoop& loop) noexcept : loop_(loop) {
    ev_init(&prepare_, nullptr);
    ev_init(&check_, nullptr);
  }
  PollWatcher(const PollWatcher&) = delete;
  PollWatcher& operator=(const PollWatcher&) = delete;
  ~PollWatcher() { stop(); }

  template <auto Before, auto After, typename Owner>
  void start(Owner* owner) noexcept {
    stop();
    ev_prepare_init(&prepare_, (&PollWatcher::call<Before, Owner, ev_prepare>));
    ev_check_init(&check_, (&PollWatcher::call<After, Owner, ev_check>));
    prepare_.data = check_.data = owner;
    // Watchers of one kind are called by priority.
    ev_set_priority(&prepare_, EV_MINPRI);
    ev_set_priority(&check_, EV_MAXPRI);
    ev_prepare_start(loop_.raw(), &prepare_);
    ev_check_start(loop_.raw(), &check_);
  }
  void stop() noexcept {
    ev_prepare_stop(loop_.raw(), &prepare_);
    ev_check_stop(loop_.raw(), &check_);
  }

 private:
  template <auto Method, typename Owner, typename Watcher>
  static void call(struct ev_loop*, Watcher* watcher, int) noexcept {
    (static_cast<Owner*>(watcher->data)->*Method)();
  }

  EventLoop& loop_;
  ev_prepare prepare_;
  ev_check check_;
};

}  // namespace appserver
