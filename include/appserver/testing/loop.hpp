#pragma once

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include <appserver/abi_async.h>
#include <appserver/testing/fake_time.hpp>
#include <appserver/testing/wait_list.hpp>

namespace appserver::testing {

// How long what the test does not have in its hands is waited for, in real time.
struct Patience {
  // For an answer that depends on another thread of the app, or on a descriptor.
  std::chrono::milliseconds answer{5000};
  // For a descriptor, before fake time passes that something else waits for, or that limits this
  // wait.
  std::chrono::milliseconds descriptor{200};
};

// Not part of the user's interface: the loop of a worker. It runs when the client waits, on the
// client's thread. When nothing else can go on, the fake time jumps to what is due next.
class Loop {
 public:
  using Time = WaitList::Time;  // fake
  using RealTime = std::chrono::steady_clock::time_point;

  // `time` outlives it. Errors: throws std::system_error when there is no descriptor left.
  explicit Loop(FakeTime& time) : time_(time), wake_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (wake_fd_ < 0) {
      throw std::system_error(errno, std::generic_category(), "eventfd, for a client in memory");
    }
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop() { ::close(wake_fd_); }

  void be_patient(Patience patience) noexcept { patience_ = patience; }
  [[nodiscard]] const Patience& patience() const noexcept { return patience_; }
  [[nodiscard]] Time now() const noexcept { return time_.steady(); }

  // Whether there is a worker, which takes what it is given. Before and after it nothing is taken.
  void serve(bool serves) {
    const std::lock_guard lock(mutex_);
    serves_ = serves;
  }
  // Returns: whether the callback will be called. [any]
  [[nodiscard]] bool post(appserver_callback callback, void* state) {
    const std::lock_guard lock(mutex_);
    if (serves_) {
      posted_.push_back({callback, state});
      wake();
    }
    return serves_;
  }
  // Something has changed that the client may wait for. [any]
  void wake() const noexcept { static_cast<void>(::eventfd_write(wake_fd_, 1)); }

  // Returns: null for an order that makes no sense, or without a worker.
  [[nodiscard]] appserver_wait* begin(const appserver_wait_order& order) {
    const std::lock_guard lock(mutex_);
    return serves_ ? waits_.add(order, now()) : nullptr;
  }
  void cancel(const appserver_wait* wait) noexcept { waits_.remove(wait); }

  // Runs all that can go on without time passing; of what never ends, some.
  void run_ready() {
    constexpr int kMost = 10'000;
    for (int round = 0; round < kMost && run_some(); ++round) {
    }
  }

  // Runs what can go on. If nothing can, lets fake time pass up to what is due next, or to
  // `barrier` at most; if nothing ever is, waits really.
  // Returns: false when nothing has happened by `until`.
  [[nodiscard]] bool turn(std::optional<Time> barrier, RealTime until) {
    if (run_some()) {
      return true;
    }
    const std::optional<Time> next = earlier(waits_.next_due(), barrier);
    if (!next) {
      return sleep(until);
    }
    const RealTime grace = std::chrono::steady_clock::now() + patience_.descriptor;
    if (waits_.has_descriptors() && sleep(std::min(until, grace))) {
      return true;
    }
    time_.advance(std::max(*next - now(), Time(0)));
    return true;
  }

  // Runs until the app waits for nothing any more, but not longer than `most` of fake time.
  void run_out(Time most) {
    const Time end = now() + most;
    const RealTime until = std::chrono::steady_clock::now() + patience_.answer;
    while (!waits_.is_empty() && now() < end && std::chrono::steady_clock::now() < until) {
      static_cast<void>(turn(end, until));
    }
    run_ready();
  }

  // What is waited for, for people.
  [[nodiscard]] std::string description() const {
    const std::string text = waits_.description();
    return text.empty() ? "nothing but other threads" : text;
  }

 private:
  struct Posted {
    appserver_callback callback;
    void* state;
  };

  [[nodiscard]] static std::optional<Time> earlier(std::optional<Time> one,
                                                   std::optional<Time> other) noexcept {
    return one && other ? std::min(*one, *other) : (one ? one : other);
  }

  // Returns: whether there was something to run.
  bool run_some() {
    return run_posted() || waits_.run_due(now()) ||
           (waits_.has_descriptors() && poll(std::chrono::milliseconds(0)));
  }

  bool run_posted() {
    std::vector<Posted> jobs;
    {
      const std::lock_guard lock(mutex_);
      jobs.swap(posted_);
    }
    for (const Posted& job : jobs) {
      job.callback(job.state, 0);
    }
    return !jobs.empty();
  }

  bool poll(std::chrono::milliseconds most) {
    eventfd_t count = 0;
    const bool was_there = waits_.run_ready(wake_fd_, most);
    static_cast<void>(::eventfd_read(wake_fd_, &count));
    return was_there;
  }

  // Returns: whether something happened before `until`.
  bool sleep(RealTime until) {
    const auto left = until - std::chrono::steady_clock::now();
    return left.count() > 0 && poll(std::chrono::ceil<std::chrono::milliseconds>(left));
  }

  FakeTime& time_;
  Patience patience_;
  const int wake_fd_;
  WaitList waits_;
  std::mutex mutex_;
  bool serves_ = false;         // Guarded by the mutex.
  std::vector<Posted> posted_;  // Guarded by the mutex.
};

}  // namespace appserver::testing
