#include "worker/worker.h"

#include <chrono>
#include <optional>
#include <random>
#include <signal.h>
#include <unistd.h>
#include <utility>

#include "base/event_loop.h"
#include "base/signals.h"
#include "worker/acceptor.h"
#include "worker/app_failures.h"
#include "worker/app_gate.h"
#include "worker/app_hooks.h"
#include "worker/app_loop.h"
#include "worker/connections.h"
#include "worker/crash_handler.h"
#include "worker/crew.h"
#include "worker/cut_report.h"
#include "worker/departure.h"
#include "worker/detached_exchanges.h"
#include "worker/lifespan.h"
#include "worker/second_thread.h"
#include "worker/serving.h"

namespace appserver::worker {
namespace {

// The master enforces the graceful timeout; this much later a worker whose master is gone does it
// itself.
constexpr double kGraceSeconds = 1.0;
// How often a blocked worker looks for somebody who could do its work, and at the deadline of what
// blocks it.
constexpr double kBlockedTickSeconds = 0.002;

// What is there before the worker serves and after it has stopped doing so: code of the app, and
// threads that it started, may use it all the time.
struct AppSide {
  explicit AppSide(WorkerSetup& setup)
      : loop(setup.guest_loop != nullptr ? *setup.guest_loop
                                         : own_loop.emplace(EventLoop::Kind::Own)),
        app_loop(loop, setup.scoreboard.tokens()),
        places(setup.apps),
        failures(setup.log),
        detached(app_loop.mailbox(), failures) {}

  std::optional<EventLoop> own_loop;
  EventLoop& loop;
  AppLoop app_loop;
  AppPlaces places;
  AppFailures failures;
  DetachedExchanges detached;
};

class Worker {
 public:
  // All outlive it.
  Worker(WorkerSetup& setup, const Rules& rules, AppSide& app_side, StartedApps& apps);

  // Serves until it has drained or is told to stop.
  void run();

 private:
  // One pass through the loop, and what has to be done after each.
  void pass(bool has_work) noexcept;
  [[nodiscard]] bool has_work() const noexcept;
  void read_mail();
  void tidy_up();
  void wish_to_be_recycled();
  void end_threads();
  void wait_for_holders();
  // The standby's part, while a handler blocks the first thread.
  void serve_without_app();
  void look_at_blockage() noexcept;
  void notice() noexcept {}  // The pass through the loop that calls this is what is wanted.
  void on_message(int) noexcept;
  void take_message(ipc::Received received);
  void on_signal(int signal) noexcept;
  void drain(bool hand_over) noexcept;
  void stop() noexcept;
  void tell_what_is_cut();
  void complain_of_overdue_handler();
  [[nodiscard]] bool is_guest() const noexcept { return setup_.guest_loop != nullptr; }

  WorkerSetup& setup_;
  AppSide& app_side_;
  StartedApps& apps_;
  EventLoop& loop_ = app_side_.loop;
  std::optional<observe::AccessLog> access_log_;
  Complaints complaints_;
  Baton baton_;
  AppGate gate_;
  Serving serving_;
  Connections connections_{serving_};
  Acceptor acceptor_;
  Departure departure_;
  Lifespan lifespan_;
  IoWatcher master_{loop_};
  SignalWatcher on_term_{loop_};
  SignalWatcher on_quit_{loop_};
  TimerWatcher drain_limit_{loop_};
  TimerWatcher blocked_tick_{loop_};
  AsyncWatcher wake_up_{loop_};
  std::optional<CrashHandler> crash_handler_;  // A guest has none.
  Crew crew_;
  TimePoint last_overdue_{};    // The deadline that was complained of.
  bool wants_recycle_ = false;  // And has said so.
  bool draining_ = false;
  bool was_stopped_ = false;  // Without regard to what is under way.
  bool leaving_ = false;
};

LifeLimits life_limits_of(const config::Options& options) {
  std::minstd_rand random(std::random_device{}());
  return draw_life_limits(options, random);
}

Worker::Worker(WorkerSetup& setup, const Rules& rules, AppSide& app_side, StartedApps& apps)
    : setup_(setup),
      app_side_(app_side),
      apps_(apps),
      complaints_(setup.log),
      gate_({app_side.places, setup.score, setup.scoreboard.barred(), baton_, app_side.failures,
             app_side.detached},
            setup.options.timeout),
      serving_(loop_, rules, gate_, app_side.places, app_side.detached, complaints_,
               spans_of(setup.options)),
      acceptor_(loop_, setup.listener_fds, connections_,
                static_cast<std::size_t>(setup.options.worker_connections), complaints_),
      departure_(loop_, serving_, connections_, setup.handoff, setup.scoreboard, setup.score),
      lifespan_(loop_, life_limits_of(setup.options), setup.score, setup.log),
      crew_({loop_, serving_, connections_, acceptor_, departure_, app_side.app_loop, setup.log}) {
  if (const observe::LogFile* file = setup.log_files.access_log(); file != nullptr) {
    serving_.access_log = &access_log_.emplace(file->fd());
  }
  serving_.scoreboard = &setup.scoreboard;
  setup_.master.set_non_blocking();
  master_.start<&Worker::on_message>(this, setup_.master.fd(), IoWatcher::kReadable);
  if (is_guest()) {
    acceptor_.leave_open();
  } else {
    crash_handler_.emplace(CrashHandler::Scene{connections_, setup.handoff, setup.score, gate_,
                                               baton_, setup.crash_record, serving_});
    on_term_.start<&Worker::on_signal>(this, SIGTERM);
    on_quit_.start<&Worker::on_signal>(this, SIGQUIT);
  }
  wake_up_.start<&Worker::notice>(this);
  baton_.wake_standby_by([this] { wake_up_.send(); });
}

void Worker::run() {
  acceptor_.balance_with(setup_.scoreboard, setup_.score);
  acceptor_.start();
  departure_.start();
  lifespan_.start();
  setup_.score.set_state(ipc::WorkerState::Serving);
  if (!setup_.master.send(ipc::WorkerReady{})) {
    return;  // The master is gone already.
  }
  crew_.start(static_cast<unsigned>(setup_.options.threads),
              {app_side_.failures, app_side_.app_loop.mailbox()});
  app_side_.app_loop.close_for_app();
  SecondThread second(
      {loop_, baton_, crash_handler_ ? &*crash_handler_ : nullptr, setup_.master, setup_.log});
  if (app_side_.app_loop.is_open() || setup_.is_loop_bound_to_thread) {
    second.watch(setup_.options.blocked_loop);
  } else {
    second.stand_by([this] { serve_without_app(); });
  }
  while (!leaving_) {
    pass(has_work());
    read_mail();
    // Handlers run here, outside of the loop's dispatch: watchers only read, parse and queue.
    connections_.work_off();
    app_side_.app_loop.work_off(gate_);
    tidy_up();
    baton_.stop_if_seized();
  }
  tell_what_is_cut();
  is_guest() ? wait_for_holders() : end_threads();
}

bool Worker::has_work() const noexcept {
  return connections_.has_work() || app_side_.app_loop.has_work() ||
         !app_side_.app_loop.mailbox().is_empty();
}

// Answers leave here, whoever has the loop; functions of the app are put aside for the first
// thread.
void Worker::read_mail() {
  Mailbox& mailbox = app_side_.app_loop.mailbox();
  if (mailbox.is_empty()) {
    return;
  }
  for (const Mailbox::Letter& letter : mailbox.take()) {
    if (letter.exchange != nullptr) {
      if (letter.exchange->owner() == nullptr) {  // Perhaps it waits to hear just that.
        app_side_.app_loop.add({nullptr, nullptr, letter.exchange});
      }
      connections_.hear_from(*letter.exchange);
    }
    if (letter.job.callback != nullptr || letter.job.exchange != nullptr) {
      app_side_.app_loop.add(letter.job);
    }
  }
}

void Worker::pass(bool has_work) noexcept {
  if (has_work) {
    loop_.run_pending();
  } else {
    setup_.score.set_idle(!crew_.is_busy());
    loop_.run_once();
    setup_.score.set_idle(false);
  }
}

void Worker::tidy_up() {
  departure_.hand_over_those_in_line();
  acceptor_.resume_if_possible();
  if (access_log_) {
    access_log_->flush();
  }
  setup_.score.set_connections(static_cast<std::uint32_t>(connections_.count()));
  if (!wants_recycle_) {
    wish_to_be_recycled();
  }
  crew_.tidy_up();
  if (draining_ && acceptor_.is_over() && departure_.is_over() && crew_.is_done()) {
    leaving_ = true;
  }
}

void Worker::wish_to_be_recycled() {
  // A message that found no room is sent after the next pass.
  if (lifespan_.is_over()) {
    wants_recycle_ = setup_.master.send(ipc::RecycleWanted{lifespan_.why()}).has_value();
  } else if (serving_.has_stuck_thread) {
    wants_recycle_ =
        setup_.master.send(ipc::RecycleWanted{"a handler thread exceeded its time"}).has_value();
  }
}

// A thread that never returns cannot be waited for; nothing may be taken away from under it either.
void Worker::end_threads() {
  const std::size_t left = crew_.end();
  if (left == 0) {
    return;
  }
  setup_.log.warning("the worker leaves while handlers are running; on_worker_stop is not called",
                     {{"handlers", left}});
  if (access_log_) {
    access_log_->flush();
  }
  ::_exit(0);
}

// But a guest's process goes on, and so does everybody in it who has yet to answer a request. They
// hear that nobody waits for that any more, and are waited for.
void Worker::wait_for_holders() {
  acceptor_.stop();
  connections_.close_all();
  AppLoop& app_loop = app_side_.app_loop;
  while (crew_.end() > 0 || !app_side_.detached.are_all_back()) {
    pass(app_loop.has_work() || !app_loop.mailbox().is_empty());
    read_mail();
    app_loop.work_off(gate_);
  }
}

void Worker::serve_without_app() {
  serving_.batch = &serving_.standby_batch;
  acceptor_.set_blocked(true);
  departure_.begin_blockage();
  blocked_tick_.start<&Worker::look_at_blockage>(this, kBlockedTickSeconds, kBlockedTickSeconds);
  // What waits already is looked at before anything new is waited for.
  for (loop_.run_pending(); !baton_.is_wanted(); loop_.run_once()) {
    read_mail();
    connections_.work_off_without_app();
    departure_.share_work();
    tidy_up();
    if (leaving_ && crash_handler_) {
      tell_what_is_cut();
      crash_handler_->end_now();
    }
  }
  blocked_tick_.stop();
  departure_.end_blockage();
  acceptor_.set_blocked(false);
  crew_.forget_blockage();
  serving_.batch = &serving_.app_batch;
}

// Whether there is still work to be shared is looked at after every pass, and this makes one.
void Worker::look_at_blockage() noexcept {
  if (Clock::now() < setup_.score.deadline()) {
    return;
  }
  if (crash_handler_) {
    crash_handler_->end_timed_out();
  } else {
    complain_of_overdue_handler();
  }
}

// Once for each: the deadline is its name.
void Worker::complain_of_overdue_handler() {
  if (std::exchange(last_overdue_, setup_.score.deadline()) != setup_.score.deadline()) {
    complaints_.warn("a handler has exceeded its time, and cannot be ended here", "--timeout");
  }
}

void Worker::on_message(int) noexcept {
  auto received = setup_.master.receive();
  if (received) {
    take_message(std::move(*received));
  } else if (received.error() == ipc::NothingReceived::PeerGone) {
    master_.stop();
    setup_.log.warning("the master is gone; finishing what is under way");
    drain(false);
  }
}

void Worker::take_message(ipc::Received received) {
  if (const auto* order = std::get_if<ipc::Drain>(&received.message)) {
    drain(order->hand_over != 0);
  } else if (std::holds_alternative<ipc::Stop>(received.message)) {
    stop();
  } else if (std::holds_alternative<ipc::LogsReopened>(received.message)) {
    setup_.log_files.take_over(received.fds);
  } else if (const auto* set = std::get_if<ipc::LogLevelSet>(&received.message)) {
    setup_.log.set_level(static_cast<config::LogLevel>(set->level));
  }
}

void Worker::on_signal(int signal) noexcept {
  signal == SIGTERM ? drain(true) : stop();
}

void Worker::stop() noexcept {
  leaving_ = true;
  was_stopped_ = true;
}

// Once, whoever of the two threads has the loop at the end.
void Worker::tell_what_is_cut() {
  if (std::exchange(was_stopped_, false)) {
    report_cut(connections_, setup_.log);
  }
}

void Worker::drain(bool hand_over) noexcept {
  if (draining_) {
    return;
  }
  draining_ = true;
  setup_.score.set_state(ipc::WorkerState::Draining);
  if (hand_over) {
    acceptor_.stop();
  } else {
    acceptor_.finish();  // Nobody else will serve the queue.
  }
  departure_.leave(hand_over);
  apps_.tell_that_worker_leaves(app_side_.app_loop);
  const std::chrono::duration<double> graceful = setup_.options.graceful_timeout;
  drain_limit_.start<&Worker::stop>(this, graceful.count() + kGraceSeconds);
}

int refuse_to_start(WorkerSetup& setup, const Error& why) {
  setup.log.error("the worker cannot start", {{"why", std::string_view(why.message)}});
  static_cast<void>(setup.master.send(ipc::WorkerFailed{why.message}));
  return 1;
}

}  // namespace

int worker(WorkerSetup setup) {
  if (setup.guest_loop == nullptr) {
    // Meant for the master, often sent to the whole group: by the terminal, or by pkill.
    ignore_signals({SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGTTIN, SIGTTOU, SIGPIPE});
  }
  setup.score.set_pid(::getpid());
  auto rules = Rules::make(setup.options);
  if (!rules) {
    return refuse_to_start(setup, rules.error());
  }
  leave_probes_to_apps(setup.apps, rules->health);
  AppSide app_side(setup);
  const appserver_worker_info info{sizeof info, setup.slot, setup.generation, 0};
  StartedApps started(setup.apps, info, app_side.app_loop);
  if (const auto all = started.start(); !all) {
    return refuse_to_start(setup, all.error());
  }
  Worker(setup, *rules, app_side, started).run();
  return 0;
}

}  // namespace appserver::worker
