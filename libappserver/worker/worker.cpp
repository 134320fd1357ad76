#include "worker/worker.h"

#include <chrono>
#include <optional>
#include <random>
#include <signal.h>
#include <unistd.h>
#include <utility>

#include <appserver/abi_deadline.h>

#include "base/event_loop.h"
#include "base/signals.h"
#include "worker/acceptor.h"
#include "worker/app_gate.h"
#include "worker/connections.h"
#include "worker/crash_handler.h"
#include "worker/cut_report.h"
#include "worker/departure.h"
#include "worker/lifespan.h"
#include "worker/serving.h"
#include "worker/standby.h"

namespace appserver::worker {
namespace {

// How long a client may take to close its side after ours.
constexpr std::chrono::seconds kLastBytes{5};
// How long an idle connection of a leaving worker may still bring a request, which was perhaps on
// its way.
constexpr std::chrono::seconds kFarewell{1};
// The master enforces the graceful timeout; this much later a worker whose master is gone does it
// itself.
constexpr double kGraceSeconds = 1.0;
// How often a blocked worker looks for somebody who could do its work, and at the deadline of what
// blocks it.
constexpr double kBlockedTickSeconds = 0.002;

// In the order of `Wait`.
std::array<Duration, kWaits> spans_of(const config::Options& options) {
  return {options.keep_alive,   options.header_timeout,
          options.body_timeout, options.write_timeout,
          kLastBytes,           kFarewell};
}

appserver_worker_info info_of(const WorkerSetup& setup) {
  return {sizeof(appserver_worker_info), setup.slot, setup.generation, 0};
}

class Worker {
 public:
  Worker(WorkerSetup& setup, const Rules& rules);

  void run();

 private:
  // One pass through the loop, and what has to be done after each.
  void pass(bool has_work) noexcept;
  void tidy_up();
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

  WorkerSetup& setup_;
  EventLoop loop_{EventLoop::Kind::Own};
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
  CrashHandler crash_handler_;
  bool wants_recycle_ = false;  // And has said so.
  bool draining_ = false;
  bool was_stopped_ = false;  // Without regard to what is under way.
  bool leaving_ = false;
};

LifeLimits life_limits_of(const config::Options& options) {
  std::minstd_rand random(std::random_device{}());
  return draw_life_limits(options, random);
}

Worker::Worker(WorkerSetup& setup, const Rules& rules)
    : setup_(setup),
      complaints_(setup.log),
      gate_({setup.app, setup.host, setup.score, setup.scoreboard.barred(), baton_, setup.log},
            setup.options.timeout),
      serving_(loop_, rules, gate_, nullptr, complaints_, spans_of(setup.options)),
      acceptor_(loop_, setup.listener_fds, connections_,
                static_cast<std::size_t>(setup.options.worker_connections), complaints_),
      departure_(loop_, serving_, connections_, setup.handoff, setup.scoreboard, setup.score),
      lifespan_(loop_, life_limits_of(setup.options), setup.score, setup.log),
      crash_handler_(
          {connections_, setup.handoff, setup.score, gate_, baton_, setup.crash_record}) {
  if (const observe::LogFile* file = setup.log_files.access_log(); file != nullptr) {
    serving_.access_log = &access_log_.emplace(file->fd());
  }
  serving_.scoreboard = &setup.scoreboard;
  setup_.master.set_non_blocking();
  master_.start<&Worker::on_message>(this, setup_.master.fd(), IoWatcher::kReadable);
  on_term_.start<&Worker::on_signal>(this, SIGTERM);
  on_quit_.start<&Worker::on_signal>(this, SIGQUIT);
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
  const Standby standby(baton_, [this] { serve_without_app(); });
  if (!standby.is_there()) {
    setup_.log.warning(
        "no thread could be started beside the app's; a slow handler stops all of this worker's "
        "connections; raise the limit of processes (ulimit -u)");
  }
  while (!leaving_) {
    pass(connections_.has_work());
    // Handlers run here, outside of the loop's dispatch: watchers only read, parse and queue.
    connections_.work_off();
    tidy_up();
  }
  tell_what_is_cut();
}

void Worker::pass(bool has_work) noexcept {
  if (has_work) {
    loop_.run_pending();
  } else {
    setup_.score.set_idle(true);
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
  if (lifespan_.is_over() && !wants_recycle_) {
    // A message that found no room is sent after the next pass.
    wants_recycle_ = setup_.master.send(ipc::RecycleWanted{lifespan_.why()}).has_value();
  }
  if (draining_ && acceptor_.is_over() && departure_.is_over()) {
    leaving_ = true;
  }
}

void Worker::serve_without_app() {
  serving_.batch = &serving_.standby_batch;
  acceptor_.set_blocked(true);
  departure_.begin_blockage();
  blocked_tick_.start<&Worker::look_at_blockage>(this, kBlockedTickSeconds, kBlockedTickSeconds);
  // What waits already is looked at before anything new is waited for.
  for (loop_.run_pending(); !baton_.is_wanted(); loop_.run_once()) {
    connections_.work_off_without_app();
    departure_.share_work();
    tidy_up();
    if (leaving_) {
      tell_what_is_cut();
      crash_handler_.end_now();
    }
  }
  blocked_tick_.stop();
  departure_.end_blockage();
  acceptor_.set_blocked(false);
  serving_.batch = &serving_.app_batch;
}

// Whether there is still work to be shared is looked at after every pass, and this makes one.
void Worker::look_at_blockage() noexcept {
  if (Clock::now() >= setup_.score.deadline()) {
    crash_handler_.end_timed_out();
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
  const std::chrono::duration<double> graceful = setup_.options.graceful_timeout;
  drain_limit_.start<&Worker::stop>(this, graceful.count() + kGraceSeconds);
}

Result<Ok> run_start_hook(WorkerSetup& setup) {
  const appserver_app& app = setup.app.description();
  if (app.on_worker_start == nullptr) {
    return ok();
  }
  const appserver_worker_info info = info_of(setup);
  static_cast<void>(setup.host.take_reported_error());
  if (app.on_worker_start(app.state, &info) == APPSERVER_OK) {
    return ok();
  }
  std::string why = setup.host.take_reported_error();
  return failure("on_worker_start failed: " + (why.empty() ? "the app did not say why" : why));
}

int refuse_to_start(WorkerSetup& setup, const Error& why) {
  setup.log.error("the worker cannot start", {{"why", std::string_view(why.message)}});
  static_cast<void>(setup.master.send(ipc::WorkerFailed{why.message}));
  return 1;
}

void run_stop_hook(WorkerSetup& setup) {
  const appserver_app& app = setup.app.description();
  if (app.on_worker_stop != nullptr) {
    const appserver_worker_info info = info_of(setup);
    app.on_worker_stop(app.state, &info);
  }
}

}  // namespace

int worker(WorkerSetup setup) {
  // Meant for the master, often sent to the whole group: by the terminal, or by pkill.
  ignore_signals({SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGTTIN, SIGTTOU, SIGPIPE});
  setup.score.set_pid(::getpid());
  auto rules = Rules::make(setup.options);
  if (!rules) {
    return refuse_to_start(setup, rules.error());
  }
  rules->health.leave_to_app(setup.app.routes());
  if (const auto started = run_start_hook(setup); !started) {
    return refuse_to_start(setup, started.error());
  }
  {
    Worker self(setup, *rules);
    self.run();
  }
  run_stop_hook(setup);
  return 0;
}

app::HostServices::ExchangeCalls exchange_calls() noexcept {
  return {&Exchange::respond, &Exchange::peer, &Exchange::request_id};
}

const void* host_extension(std::string_view name) noexcept {
  static constexpr appserver_stream kStream{sizeof(appserver_stream),  0,
                                            &Exchange::respond_stream, &AppSource::write,
                                            &AppSource::trailer,       &Exchange::respond_file,
                                            &Exchange::inform,         &Exchange::receive_body};
  static constexpr appserver_deadline kDeadline{sizeof(appserver_deadline), 0,
                                                &Exchange::set_deadline};
  if (name == APPSERVER_DEADLINE_EXTENSION) {
    return &kDeadline;
  }
  return name == APPSERVER_STREAM_EXTENSION ? &kStream : nullptr;
}

}  // namespace appserver::worker
