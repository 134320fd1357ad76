#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace appserver::worker {

// Makes ids for requests that come without one: 16 hexadecimal digits, a random start per worker
// and a count. Unique enough to find one request in the logs of a fleet; no secret. [worker]
class RequestIds {
 public:
  explicit RequestIds(std::uint64_t random_start) noexcept : next_(random_start) {}

  static constexpr std::size_t kLength = 16;

  // Appends a new id. [any thread]
  void append_next(std::string& out);
  // The id that append_next() will append. Async-signal-safe.
  [[nodiscard]] std::array<char, kLength> peek_next() const noexcept;

  // Whether a client's X-Request-Id may be taken over: 1 to 128 letters, digits and `-_.:=+/@`, so
  // that it can stand in any log and header unescaped.
  [[nodiscard]] static bool is_sane(std::string_view id) noexcept;

 private:
  [[nodiscard]] static std::array<char, kLength> digits_of(std::uint64_t rest) noexcept;

  std::atomic<std::uint64_t> next_;
};

}  // namespace appserver::worker
