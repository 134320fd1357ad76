#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "support/address.h"
#include "support/eventually.h"

namespace appserver::test {

// What clients lived through. In a perfect server only `sent`, `answered` and `announced_closes`
// count.
struct LoadCounts {
  std::uint64_t sent = 0;
  std::map<std::string, std::uint64_t> answered = {};  // 200, by body.
  std::map<int, std::uint64_t> other_statuses = {};
  std::uint64_t announced_closes = 0;    // "Connection: close" came with a response.
  std::uint64_t unannounced_closes = 0;  // The connection ended while a request waited.
  std::uint64_t resets = 0;
  std::uint64_t refused = 0;
  std::uint64_t malformed = 0;
  std::uint64_t unanswered = 0;  // Still waiting when the load was stopped, two seconds later.
  double max_latency_ms = 0;

  [[nodiscard]] std::uint64_t answered_in_all() const;
  // Requests and connections that a client would call failed.
  [[nodiscard]] std::uint64_t failed() const;
  [[nodiscard]] std::string text() const;
};

// Clients on keep-alive connections, each of which sends its next GET when the last one is
// answered, until told to stop. A connection that ends is made anew, whatever the reason; all of
// them run on one thread of their own.
class LoadClient {
 public:
  LoadClient(Address address, std::string path, unsigned connections = 8);
  ~LoadClient();
  LoadClient(const LoadClient&) = delete;
  LoadClient& operator=(const LoadClient&) = delete;

  // What happened so far.
  [[nodiscard]] LoadCounts counts() const;
  // Waits until `count` more requests were answered than at the time of the call. Ends the test
  // case as failed if that takes longer than the deadline.
  void wait_for_answers(std::uint64_t count, milliseconds deadline = 10s) const;
  // Sends no more requests, waits for the answers that are due, and ends. Returns: everything.
  LoadCounts stop();

 private:
  using Time = std::chrono::steady_clock::time_point;

  struct Connection {
    UniqueFd socket = {};
    bool connected = false;
    bool waiting = false;  // A request was sent and is not answered.
    Time sent_at = {};
    std::string input = {};
  };

  void run();
  void poll_once();
  void open(Connection& connection);
  void finish_connecting(Connection& connection);
  void send_request(Connection& connection);
  void receive(Connection& connection);
  void take_responses(Connection& connection, bool at_end);
  void lose(Connection& connection, int error);

  const Address address_;
  const std::string request_;
  std::vector<Connection> connections_;  // Used by the thread only.
  mutable std::mutex mutex_;
  LoadCounts counts_;  // Guarded by mutex_.
  std::atomic<bool> stopping_ = false;
  std::thread thread_;  // The last member: it uses all others.
};

}  // namespace appserver::test
