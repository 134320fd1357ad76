#include "chaos/crowd.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <sys/epoll.h>

#include "support/becomes_true.h"

namespace appserver::chaos {
namespace {

using SteadyClock = std::chrono::steady_clock;

// How exact the clients' clocks are.
constexpr int kTickMilliseconds = 1;

UniqueFd make_epoll() {
  UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.is_open()) {
    throw std::runtime_error("cannot make an epoll descriptor");
  }
  return epoll;
}

}  // namespace

Crowd::Crowd(test::Address address, const CrowdPlan& plan)
    : address_(std::move(address)),
      plan_(plan),
      epoll_(make_epoll()),
      questions_(plan.bodies),
      surroundings_{address_, plan_, tally_, questions_, epoll_.get()},
      oldest_(SteadyClock::now()) {
  const Time now = SteadyClock::now();
  const auto add = [&](Habit habit, unsigned count) {
    for (unsigned i = 0; i < count; ++i) {
      // Not all at once: a few clients a millisecond.
      clients_.emplace_back(surroundings_, habit, now + milliseconds(clients_.size() / 4));
    }
  };
  add(Habit::Busy, plan.busy);
  add(Habit::Thinking, plan.thinking);
  add(Habit::OneShot, plan.one_shot);
  add(Habit::Slow, plan.slow);
  thread_ = std::thread([this] { run(); });
}

Crowd::~Crowd() {
  stop();
}

void Crowd::stop() {
  stopping_ = true;
  if (thread_.joinable()) {
    thread_.join();
  }
}

void Crowd::ask(Question question) {
  const std::lock_guard lock(mutex_);
  posted_.emplace_back(std::move(question), SteadyClock::now());
}

bool Crowd::wait_for_requests(std::uint64_t count) const {
  return test::becomes_true(plan_.patience, [&] { return tally_.requests() >= count; });
}

bool Crowd::settle() const {
  const Time now = SteadyClock::now();
  // A client that loses patience does so a moment after its time.
  return test::becomes_true(plan_.patience * 2, [&] { return oldest_.load() > now; });
}

// A load that makes mistakes proves nothing: the program ends.
void Crowd::run() try { run_until_stopped(); } catch (const std::exception& error) {
  std::cerr << "the load generator failed: " << error.what() << '\n';
  std::abort();
}

void Crowd::run_until_stopped() {
  Time next_tick = SteadyClock::now();
  while (true) {
    serve_sockets(kTickMilliseconds);
    const Time now = SteadyClock::now();
    if (now < next_tick) {
      continue;
    }
    next_tick = now + milliseconds(kTickMilliseconds);
    surroundings_.stopping = stopping_;
    serve_clocks(now);
    const auto waits = [](const Client& client) { return client.has_request(); };
    if (surroundings_.stopping && std::none_of(clients_.begin(), clients_.end(), waits)) {
      return;
    }
  }
}

void Crowd::serve_sockets(int timeout_ms) {
  std::array<epoll_event, 256> events;
  const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), timeout_ms);
  const Time now = SteadyClock::now();
  for (int i = 0; i < count; ++i) {
    static_cast<Client*>(events[static_cast<std::size_t>(i)].data.ptr)->on_ready(now);
  }
}

void Crowd::serve_clocks(Time now) {
  take_posted();
  Time oldest = now;
  for (Client& client : clients_) {
    client.wake(now);
    if (client.has_request()) {
      oldest = std::min(oldest, client.begun());
    }
  }
  clients_.remove_if([](const Client& client) { return client.is_done(); });
  oldest_ = oldest;
}

void Crowd::take_posted() {
  const std::lock_guard lock(mutex_);
  for (auto& [question, since] : posted_) {
    clients_.emplace_back(surroundings_, std::move(question), since);
  }
  posted_.clear();
}

}  // namespace appserver::chaos
