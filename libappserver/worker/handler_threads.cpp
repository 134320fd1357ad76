#include "worker/handler_threads.h"

#include <signal.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "base/signals.h"

namespace appserver::worker {
namespace {

// Functions that may wait. An app that posts more without end shall hear of it before the memory is
// full.
constexpr std::size_t kMostWaiting = 64 * 1024;

}  // namespace

HandlerThreads::HandlerThreads(const Surroundings& surroundings, unsigned count)
    : failures_(surroundings.failures), mailbox_(surroundings.mailbox) {
  // Signals are the first thread's: the new ones are born deaf.
  const SignalsBlocked blocked;
  for (unsigned i = 0; i < count; ++i) {
    Seat& seat = seats_.emplace_back();
    try {
      seat.thread = std::thread(&HandlerThreads::work, this, std::ref(seat));
    } catch (const std::system_error&) {
      // EAGAIN: a limit of processes (RLIMIT_NPROC, a cgroup's pids.max).
      seats_.pop_back();
      return;
    }
  }
}

HandlerThreads::~HandlerThreads() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
    for (; sleeping_ > 0; --sleeping_) {
      ++coming_;
      calls_.release();
    }
  }
  for (Seat& seat : seats_) {
    seat.thread.join();
  }
}

void HandlerThreads::handle(DetachedExchange& exchange) {
  handlers_.fetch_add(1, std::memory_order_relaxed);
  push({&exchange, {}});
}

bool HandlerThreads::run(const AppJob& job) {
  if (outstanding() >= kMostWaiting) {
    return false;
  }
  push({job.exchange, job});
  return true;
}

void HandlerThreads::push(const Task& task) {
  outstanding_.fetch_add(1, std::memory_order_relaxed);
  bool wakes = false;
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(task);
    // For each of those before it somebody is on the way, unless nobody sleeps.
    wakes = sleeping_ > 0 && tasks_.size() > coming_;
    sleeping_ -= wakes ? 1 : 0;
    coming_ += wakes ? 1 : 0;
  }
  if (wakes) {
    calls_.release();
  }
}

bool HandlerThreads::take(Task& task) {
  for (bool was_called = false;; was_called = true) {
    {
      const std::lock_guard lock(mutex_);
      coming_ -= was_called ? 1 : 0;
      if (is_ending_) {
        return false;
      }
      if (!tasks_.empty()) {
        task = tasks_.front();
        tasks_.pop_front();
        return true;
      }
      ++sleeping_;
    }
    calls_.acquire();
  }
}

std::vector<DetachedExchange*> HandlerThreads::withdraw() {
  std::vector<DetachedExchange*> withdrawn;
  const std::lock_guard lock(mutex_);
  std::erase_if(tasks_, [&withdrawn](const Task& task) {
    const bool is_handler = task.job.callback == nullptr && task.exchange->claim_start();
    if (is_handler) {
      withdrawn.push_back(task.exchange);
    }
    return is_handler;
  });
  outstanding_.fetch_sub(withdrawn.size(), std::memory_order_relaxed);
  handlers_.fetch_sub(withdrawn.size(), std::memory_order_relaxed);
  return withdrawn;
}

void HandlerThreads::work(Seat& seat) {
  seat.thread_id = ::gettid();
  // A crash on this thread is a crash like any other, also one for want of stack.
  stack_t stack = {};
  stack.ss_sp = seat.signal_stack.get();
  stack.ss_size = kSignalStack;
  stack_t before = {};
  ::sigaltstack(&stack, &before);
  unblock_signals({SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT});
  Task task;
  while (take(task)) {
    while (begins_nothing_.load(std::memory_order_relaxed)) {
      ::pause();
    }
    seat.exchange = task.exchange;
    perform(seat, task);
  }
  // A sanitizer's, which it takes away with the thread.
  ::sigaltstack(&before, nullptr);
}

void HandlerThreads::perform(Seat& seat, const Task& task) {
  if (task.job.callback != nullptr) {
    task.job.callback(task.job.state, task.job.result);
    seat.exchange = nullptr;
    outstanding_.fetch_sub(1, std::memory_order_relaxed);
    mailbox_.post({});  // There is room again.
    return;
  }
  int result = APPSERVER_OK;
  if (task.exchange->begin_on_pool()) {
    Exchange& exchange = task.exchange->exchange();
    const AppPlace& place = *exchange.incoming().destination.place;
    failures_.forget_earlier(place);
    result = place.app->handle(place.app->state, exchange.handle(), &exchange.request());
  }
  seat.exchange = nullptr;
  outstanding_.fetch_sub(1, std::memory_order_relaxed);
  handlers_.fetch_sub(1, std::memory_order_relaxed);
  task.exchange->handler_returned_on_pool(result);
}

DetachedExchange* HandlerThreads::current_exchange() const noexcept {
  const int self = ::gettid();
  for (const Seat& seat : seats_) {
    if (seat.thread_id.load(std::memory_order_relaxed) == self) {
      return seat.exchange.load(std::memory_order_relaxed);
    }
  }
  return nullptr;
}

}  // namespace appserver::worker
