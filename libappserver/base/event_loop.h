#pragma once

#include <csignal>

#include <ev.h>

// libev, wrapped once for the whole project: the only header that includes ev.h.
//
// A watcher belongs to the object whose method it calls and is stopped before that object's memory
// dies (its destructor does it). Callbacks are `noexcept`: an exception that crosses ev_run leaves
// libev's recursion depth wrong for good. The calls go through one function pointer; nothing here
// allocates.
namespace appserver {

// An event loop. [any] One thread at a time uses it; after fork() the child drops it
// (drop_in_child) and makes its own.
class EventLoop {
 public:
  enum class Kind {
    Default,  // The one loop that may watch children; reaps all of them. Master only.
    Own,      // Every other process.
  };

  explicit EventLoop(Kind kind);
  // A loop of somebody else, who outlives this object and does not run it meanwhile. It is left as
  // it is at the end.
  explicit EventLoop(struct ev_loop* borrowed) noexcept : loop_(borrowed), is_borrowed_(true) {}
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;
  ~EventLoop();

  // Waits for at least one event and calls the watchers concerned.
  void run_once() noexcept { ev_run(loop_, EVRUN_ONCE); }
  // Calls the watchers of what has already happened, without waiting.
  void run_pending() noexcept { ev_run(loop_, EVRUN_NOWAIT); }

  // Makes the child watchers look for children that have ended, as SIGCHLD does. For those that
  // ended before the loop was there. Default loop only.
  void look_for_ended_children() noexcept { ev_feed_signal_event(loop_, SIGCHLD); }

  // The wall clock as of the last wake-up: no system call. Seconds since the epoch.
  [[nodiscard]] double wall_time() const noexcept { return ev_now(loop_); }

  // In a child that inherited the loop by fork(): frees it without touching the parent's epoll set.
  // Every signal watcher on it must have been stopped before (libev aborts otherwise when
  // the child watches the same signal on a loop of its own).
  void drop_in_child() noexcept;

  [[nodiscard]] struct ev_loop* raw() const noexcept { return loop_; }

  // Whether other code of this process has made the default loop, which there is only once.
  [[nodiscard]] static bool is_default_taken() noexcept { return ev_default_loop_uc_() != nullptr; }

 private:
  struct ev_loop* loop_;
  const bool is_borrowed_ = false;
};

// Readable = EV_READ, writable = EV_WRITE on one descriptor.
class IoWatcher {
 public:
  static constexpr int kReadable = EV_READ;
  static constexpr int kWritable = EV_WRITE;

  explicit IoWatcher(EventLoop& loop) noexcept : loop_(&loop) { ev_init(&io_, nullptr); }
  IoWatcher(const IoWatcher&) = delete;
  IoWatcher& operator=(const IoWatcher&) = delete;
  ~IoWatcher() { stop(); }

  // Calls (owner->*Method)(events) whenever `fd` is ready. A running watcher is stopped first.
  template <auto Method, typename Owner>
  void start(Owner* owner, int fd, int events) noexcept {
    stop();
    ev_io_init(&io_, (&IoWatcher::call<Method, Owner>), fd, events);
    io_.data = owner;
    ev_io_start(loop_->raw(), &io_);
  }
  // Waits for other events on the same descriptor; the watcher must have been started once.
  void wait_for(int events) noexcept {
    if ((io_.events & (EV_READ | EV_WRITE)) == events && ev_is_active(&io_)) {
      return;
    }
    stop();
    ev_io_modify(&io_, events);
    ev_io_start(loop_->raw(), &io_);
  }
  void stop() noexcept { ev_io_stop(loop_->raw(), &io_); }
  [[nodiscard]] bool is_active() const noexcept { return ev_is_active(&io_); }

 private:
  template <auto Method, typename Owner>
  static void call(struct ev_loop*, ev_io* io, int events) noexcept {
    (static_cast<Owner*>(io->data)->*Method)(events);
  }

  EventLoop* loop_;
  ev_io io_;
};

// One timer, once or repeating. Times are in seconds, as in libev.
class TimerWatcher {
 public:
  explicit TimerWatcher(EventLoop& loop) noexcept : loop_(&loop) { ev_init(&timer_, nullptr); }
  TimerWatcher(const TimerWatcher&) = delete;
  TimerWatcher& operator=(const TimerWatcher&) = delete;
  ~TimerWatcher() { stop(); }

  template <auto Method, typename Owner>
  void start(Owner* owner, double after_seconds, double repeat_seconds = 0.0) noexcept {
    stop();
    // The loop's idea of now is as old as its last wake-up; a timer must not be shortened by that.
    ev_now_update(loop_->raw());
    ev_timer_init(&timer_, (&TimerWatcher::call<Method, Owner>), after_seconds, repeat_seconds);
    timer_.data = owner;
    ev_timer_start(loop_->raw(), &timer_);
  }
  void stop() noexcept { ev_timer_stop(loop_->raw(), &timer_); }
  [[nodiscard]] bool is_active() const noexcept { return ev_is_active(&timer_); }

 private:
  template <auto Method, typename Owner>
  static void call(struct ev_loop*, ev_timer* timer, int) noexcept {
    (static_cast<Owner*>(timer->data)->*Method)();
  }

  EventLoop* loop_;
  ev_timer timer_;
};

// Wakes the loop from another thread, or from a signal handler: (owner->*Method)() is called in the
// loop's next pass, once for any number of calls of send().
class AsyncWatcher {
 public:
  explicit AsyncWatcher(EventLoop& loop) noexcept : loop_(&loop) { ev_init(&async_, nullptr); }
  AsyncWatcher(const AsyncWatcher&) = delete;
  AsyncWatcher& operator=(const AsyncWatcher&) = delete;
  ~AsyncWatcher() { stop(); }

  template <auto Method, typename Owner>
  void start(Owner* owner) noexcept {
    stop();
    ev_async_init(&async_, (&AsyncWatcher::call<Method, Owner>));
    async_.data = owner;
    ev_async_start(loop_->raw(), &async_);
  }
  void stop() noexcept { ev_async_stop(loop_->raw(), &async_); }

  // [any thread] Async-signal-safe, as libev's manual says of ev_async_send. Requires: started.
  void send() noexcept { ev_async_send(loop_->raw(), &async_); }

 private:
  template <auto Method, typename Owner>
  static void call(struct ev_loop*, ev_async* async, int) noexcept {
    (static_cast<Owner*>(async->data)->*Method)();
  }

  EventLoop* loop_;
  ev_async async_;
};

// A signal as a loop event: (owner->*Method)(signal number).
class SignalWatcher {
 public:
  explicit SignalWatcher(EventLoop& loop) noexcept : loop_(&loop) { ev_init(&signal_, nullptr); }
  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;
  ~SignalWatcher() { stop(); }

  template <auto Method, typename Owner>
  void start(Owner* owner, int signal) noexcept {
    stop();
    ev_signal_init(&signal_, (&SignalWatcher::call<Method, Owner>), signal);
    signal_.data = owner;
    ev_signal_start(loop_->raw(), &signal_);
  }
  void stop() noexcept { ev_signal_stop(loop_->raw(), &signal_); }

 private:
  template <auto Method, typename Owner>
  static void call(struct ev_loop*, ev_signal* signal, int) noexcept {
    (static_cast<Owner*>(signal->data)->*Method)(signal->signum);
  }

  EventLoop* loop_;
  ev_signal signal_;
};

// Every child of this process that ends: (owner->*Method)(pid, wait status). Needs the default
// loop, which reaps all children, also those that other code started.
class ChildWatcher {
 public:
  explicit ChildWatcher(EventLoop& loop) noexcept : loop_(&loop) { ev_init(&child_, nullptr); }
  ChildWatcher(const ChildWatcher&) = delete;
  ChildWatcher& operator=(const ChildWatcher&) = delete;
  ~ChildWatcher() { stop(); }

  template <auto Method, typename Owner>
  void start(Owner* owner) noexcept {
    stop();
    ev_child_init(&child_, (&ChildWatcher::call<Method, Owner>), 0, 0);
    child_.data = owner;
    ev_child_start(loop_->raw(), &child_);
  }
  void stop() noexcept { ev_child_stop(loop_->raw(), &child_); }

 private:
  template <auto Method, typename Owner>
  static void call(struct ev_loop*, ev_child* child, int) noexcept {
    (static_cast<Owner*>(child->data)->*Method)(child->rpid, child->rstatus);
  }

  EventLoop* loop_;
  ev_child child_;
};

}  // namespace appserver
