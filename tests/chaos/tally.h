#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace appserver::chaos {

// What can become of a request or of a connection. The order is that of the table.
enum class Column : std::uint8_t {
  Requests,     // That have ended, in whatever way.
  Answered,     // 200, every byte of it right.
  Crashed,      // 500 to a request that asked the app to crash.
  Unavailable,  // 503 with Retry-After.
  Late,         // 504 to a request that asked the app to hang.
  Announced,    // "Connection: close" that the client had not asked for.
  Unannounced,  // The end of the connection between requests, or before any byte of the answer.
  Cut,          // The end of the connection within an answer.
  Reset,
  Refused,
  TimedOut,
  Wrong,  // Any other answer.
};
inline constexpr std::size_t kColumns = 12;

// One number for each column, and how long the slowest one of those that were answered took.
struct Counts {
  std::array<std::uint64_t, kColumns> numbers = {};
  std::chrono::microseconds slowest = {};

  [[nodiscard]] std::uint64_t& operator[](Column column) {
    return numbers[static_cast<std::size_t>(column)];
  }
  [[nodiscard]] std::uint64_t operator[](Column column) const {
    return numbers[static_cast<std::size_t>(column)];
  }
  // Adds what came later.
  void add(const Counts& later);
};

// Counts what clients live through. [any]
class Tally {
 public:
  void count(Column column) noexcept {
    numbers_[static_cast<std::size_t>(column)].fetch_add(1, std::memory_order_relaxed);
  }
  void note_answer(std::chrono::microseconds took) noexcept;

  // Counts something that should not be, and keeps what happened for people; only the first few,
  // as what follows has mostly the same cause.
  void complain(Column column, const std::string& what);

  // Returns: everything since the last call.
  [[nodiscard]] Counts take() noexcept;
  // How many requests have ended since the last take().
  [[nodiscard]] std::uint64_t requests() const noexcept {
    return numbers_[static_cast<std::size_t>(Column::Requests)];
  }
  // Returns: what was complained about since the last call.
  [[nodiscard]] std::vector<std::string> take_complaints();

 private:
  std::array<std::atomic<std::uint64_t>, kColumns> numbers_ = {};
  std::atomic<std::int64_t> slowest_ = 0;  // Microseconds.
  std::mutex mutex_;
  std::vector<std::string> complaints_;  // Guarded by mutex_.
};

}  // namespace appserver::chaos
