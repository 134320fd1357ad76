#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <appserver/server.hpp>

#include "support/address.h"
#include "support/eventually.h"

namespace appserver::test {

// The log of a server, as its program takes it. [any thread]
class TakenLog {
 public:
  void take(std::string_view record) {
    const std::lock_guard lock(mutex_);
    text_.append(record).append("\n");
  }
  [[nodiscard]] std::string text() const {
    const std::lock_guard lock(mutex_);
    return text_;
  }

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

// Options for a free port.
inline ServerOptions on_free_port() {
  ServerOptions options;
  options.bind = {"127.0.0.1:0"};
  return options;
}

// A server on a thread of the test program.
class InProcessServer {
 public:
  explicit InProcessServer(const HostedApp& app, ServerOptions options = on_free_port(),
                           struct ev_loop* loop = nullptr)
      : server(std::move(options),
               {.log = [this](LogLevel, std::string_view record) { log.take(record); },
                .on_listening =
                    [this](const std::vector<std::string>& addresses) { announce(addresses); }}),
        thread_([this, app, loop] {
          outcome_ = server.serve_in_process(app, loop);
          announce({});
        }) {}
  InProcessServer(const InProcessServer&) = delete;
  InProcessServer& operator=(const InProcessServer&) = delete;
  ~InProcessServer() {
    if (thread_.joinable()) {
      server.quick_stop();
      thread_.join();
    }
  }

  // Waits until it listens. Ends the test case as failed if it does not.
  Address address() {
    std::unique_lock lock(mutex_);
    REQUIRE(announced_.wait_for(lock, 10s, [this] { return addresses_.has_value(); }));
    REQUIRE_FALSE(addresses_->empty());
    const auto found = find_listening_address("listening at " + addresses_->front() + "\n");
    REQUIRE(found.has_value());
    return *found;
  }

  // Waits for its end.
  Outcome wait() {
    thread_.join();
    return outcome_;
  }

  TakenLog log;
  Server server;

 private:
  void announce(std::vector<std::string> addresses) {
    const std::lock_guard lock(mutex_);
    if (!addresses_) {
      addresses_ = std::move(addresses);
    }
    announced_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable announced_;
  std::optional<std::vector<std::string>> addresses_;  // Empty: it ended before it listened.
  Outcome outcome_;
  std::thread thread_;  // The last member: it uses all others.
};

}  // namespace appserver::test
