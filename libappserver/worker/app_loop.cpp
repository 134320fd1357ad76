#include "worker/app_loop.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include "worker/app_gate.h"
#include "worker/detached_exchange.h"
#include "worker/handler_threads.h"

namespace appserver::worker {
namespace {

// A longer wait is a slip, and might overflow a sum.
constexpr std::uint64_t kLongestMilliseconds = std::uint64_t{1000} * 60 * 60 * 24 * 365;

// Of a bucket: likewise.
constexpr std::uint64_t kLongestWait = kLongestMilliseconds * 1'000'000;

DetachedExchange* behind(appserver_exchange* exchange) noexcept {
  return exchange == nullptr ? nullptr : Exchange::of(exchange).detached();
}

int to_watcher(int32_t events) noexcept {
  return ((events & APPSERVER_WAIT_READABLE) != 0 ? IoWatcher::kReadable : 0) |
         ((events & APPSERVER_WAIT_WRITABLE) != 0 ? IoWatcher::kWritable : 0);
}

}  // namespace

void AppLoop::Wait::begin() noexcept {
  if (events != 0) {
    io_.start<&Wait::on_ready>(this, fd, to_watcher(events));
  }
  if (seconds) {
    timer_.start<&Wait::on_time>(this, *seconds);
  }
}

void AppLoop::Wait::end() noexcept {
  io_.stop();
  timer_.stop();
}

void AppLoop::Wait::on_ready(int ready) noexcept {
  fire(((ready & IoWatcher::kReadable) != 0 ? APPSERVER_WAIT_READABLE : 0) |
       ((ready & IoWatcher::kWritable) != 0 ? APPSERVER_WAIT_WRITABLE : 0));
}

void AppLoop::Wait::on_time() noexcept {
  fire(APPSERVER_WAIT_TIME);
}

void AppLoop::Wait::fire(int result) noexcept {
  end();
  is_over = true;
  job.result = result;
  owner_.fired_.push_back(this);
}

std::uint64_t AppLoop::take_token(std::string_view key, std::uint64_t interval,
                                  std::uint64_t tolerance) {
  const auto limited = [](std::uint64_t nanoseconds) {
    return Duration(static_cast<Duration::rep>(std::min(nanoseconds, kLongestWait)));
  };
  const Duration wait = tokens_.take(key, {limited(interval), limited(tolerance)}, Clock::now());
  return static_cast<std::uint64_t>(wait.count());
}

bool AppLoop::post(appserver_exchange* exchange, appserver_callback callback, void* state) {
  mailbox_.post({nullptr, {callback, state, behind(exchange)}});
  return true;
}

bool AppLoop::run(appserver_exchange* exchange, appserver_callback callback, void* state) {
  return threads_ == nullptr ? post(exchange, callback, state)
                             : threads_->run({callback, state, behind(exchange)});
}

appserver_wait* AppLoop::wait(const appserver_wait_order& order) {
  const bool is_for_time = order.events == APPSERVER_WAIT_TIME;
  const bool has_end = order.milliseconds != std::numeric_limits<std::uint64_t>::max();
  if (order.callback == nullptr || (is_for_time ? !has_end : order.fd < 0) ||
      (order.events & ~(APPSERVER_WAIT_READABLE | APPSERVER_WAIT_WRITABLE)) != 0) {
    return nullptr;
  }
  if (unused_.empty()) {
    unused_.push_back(&waits_.emplace_back(*this));
  }
  Wait* wait = unused_.back();
  unused_.pop_back();
  wait->job = {order.callback, order.state, behind(order.exchange)};
  wait->fd = order.fd;
  wait->events = order.events;
  wait->seconds.reset();
  if (has_end) {
    wait->seconds =
        static_cast<double>(std::min(order.milliseconds, kLongestMilliseconds)) / 1000.0;
  }
  wait->is_cancelled = wait->is_over = false;
  orders_.push_back(wait);
  return reinterpret_cast<appserver_wait*>(wait);
}

// Whether it has begun or fired meanwhile is known only when the loop is here again.
void AppLoop::cancel(appserver_wait* wait) {
  auto* cancelled = reinterpret_cast<Wait*>(wait);
  cancelled->is_cancelled = true;
  orders_.push_back(cancelled);
}

struct ev_loop* AppLoop::open_loop() {
  is_open_ = is_open_ || may_open_;
  return is_open_ ? loop_.raw() : nullptr;
}

void AppLoop::work_off(AppGate& gate) {
  running_jobs_.clear();
  running_jobs_.swap(jobs_);
  for (const AppJob& job : running_jobs_) {
    gate.run(job);
  }
  run_fired(gate);
  begin_orders();
}

void AppLoop::run_fired(AppGate& gate) {
  running_fired_.clear();
  running_fired_.swap(fired_);
  for (Wait* wait : running_fired_) {
    if (!wait->is_cancelled) {  // Else its cancellation is in line, and lets go of it.
      const AppJob job = wait->job;
      unused_.push_back(wait);
      gate.run(job);
    }
  }
}

void AppLoop::begin_orders() {
  // Cancelled before it was begun, a wait is in here twice, and must be let go of once.
  for (Wait* wait : orders_) {
    if (!wait->is_cancelled && !wait->is_over) {
      wait->begin();
    }
  }
  for (Wait* wait : std::exchange(orders_, {})) {
    if (std::exchange(wait->is_cancelled, false)) {
      wait->end();
      std::erase(fired_, wait);
      unused_.push_back(wait);
    }
  }
}

}  // namespace appserver::worker
