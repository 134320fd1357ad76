#pragma once

#include <atomic>
#include <deque>
#include <exception>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/unique_fd.h"
#include "chaos/client.h"
#include "chaos/question.h"
#include "chaos/tally.h"
#include "support/address.h"

namespace appserver::chaos {

// Clients of all habits, on a thread of their own, from the constructor until stop().
class Crowd {
 public:
  Crowd(test::Address address, const CrowdPlan& plan);
  ~Crowd();
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  [[nodiscard]] const CrowdPlan& plan() const { return plan_; }

  // Has a client of its own ask this, once, as soon as possible.
  void ask(Question question);

  // Waits until `count` requests have ended since the last take(), or since this call.
  // Returns: false when that takes longer than a client's patience.
  [[nodiscard]] bool wait_for_requests(std::uint64_t count) const;
  [[nodiscard]] bool wait_for_more_requests(std::uint64_t count) const {
    return wait_for_requests(tally_.requests() + count);
  }
  // Waits until every request that had begun before the call has ended, those of ask() too; not for
  // long, as a client's patience ends. Returns: whether they did.
  [[nodiscard]] bool settle() const;

  // Returns: what has ended since the last call.
  [[nodiscard]] Counts take() { return tally_.take(); }
  [[nodiscard]] std::vector<std::string> take_complaints() { return tally_.take_complaints(); }

  // Asks no more, waits for the answers that are due, and ends.
  void stop();

 private:
  void run();
  void run_until_stopped();
  void serve_sockets(int timeout_ms);
  void serve_clocks(Time now);
  void take_posted();

  const test::Address address_;
  const CrowdPlan plan_;
  const UniqueFd epoll_;
  Tally tally_;
  Questions questions_;  // Used by the thread only, as are the clients.
  Surroundings surroundings_;
  std::list<Client> clients_;  // A list, because epoll has their addresses.
  mutable std::mutex mutex_;
  std::deque<std::pair<Question, Time>> posted_;  // Guarded by mutex_.
  std::atomic<Time> oldest_;  // When the oldest request that has not ended began.
  std::atomic<bool> stopping_ = false;
  std::thread thread_;  // The last member: it uses all others.
};

}  // namespace appserver::chaos
