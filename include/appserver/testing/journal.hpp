#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <appserver/abi.h>
#include <appserver/testing/messages.hpp>

namespace appserver::testing {

// Not part of the user's interface: what the app, and the server for it, writes to the error log.
// Threads of the app may write at the same time. [any]
class Journal {
 public:
  Journal() = default;
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;
  ~Journal() = default;

  void write(std::int32_t level, std::string text) {
    const std::lock_guard lock(mutex_);
    records_.push_back({level, std::move(text)});
  }

  // Why something is about to fail. The last word counts.
  void report_error(std::string_view why) {
    const std::lock_guard lock(mutex_);
    error_ = why;
  }
  // What was reported last; forgets it.
  [[nodiscard]] std::string take_error() {
    const std::lock_guard lock(mutex_);
    return std::exchange(error_, {});
  }

  // The record of a request that was not answered as it should be, in the server's words.
  // `refusal`: why its answer was not taken, if there was one. `result`: what the handler returned.
  void report_failure(const Message& request, const std::string& refusal, std::int32_t result) {
    std::string why = take_error();
    if (why.empty()) {
      why = refusal;
    }
    if (why.empty()) {
      why = result == APPSERVER_OK ? "the handler returned without an answer"
                                   : "the handler failed without saying why";
    }
    write(APPSERVER_LOG_ERROR,
          "request failed: " + request.method + " " + request.target + ": " + why);
  }

  // Requires: no thread of the app writes as long as the caller reads.
  [[nodiscard]] const std::vector<LogRecord>& records() const noexcept { return records_; }

 private:
  std::mutex mutex_;
  std::vector<LogRecord> records_;
  std::string error_;
};

}  // namespace appserver::testing
