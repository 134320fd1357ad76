#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"

namespace appserver::ipc {

// The part of a request target that names what is asked for: without the query. [any]
[[nodiscard]] constexpr std::string_view path_of(std::string_view target) noexcept {
  return target.substr(0, target.find('?'));
}

// The requests that workers answer 503 for a while instead of giving them to the app, because they
// have ended workers again and again. A small table in the scoreboard's shared memory: the master
// writes, workers read, nobody locks. Zero bytes are an empty table.
//
// It holds hashes and not texts, since a hash is one atomic value. The seed is random, so that
// nobody who can crash one path can choose it such that another one is barred with it.
class BarredRequests {
 public:
  // Routes that kill at the same time are few; when there are more, the one that ends first makes
  // room.
  static constexpr std::size_t kRoom = 32;

  // [master] Once, before the first fork.
  void set_seed(std::uint64_t random) noexcept { seed_ = random; }
  // [master] From now on to `until`.
  void bar(std::string_view method, std::string_view path, TimePoint until) noexcept;

  // [worker] Whether nothing was ever barred: the one load that a request costs.
  [[nodiscard]] bool is_empty() const noexcept {
    return last_end_.load(std::memory_order_relaxed) == 0;
  }
  // [worker] Returns: until when, if it is barred.
  [[nodiscard]] std::optional<TimePoint> barred_until(std::string_view method,
                                                      std::string_view path,
                                                      TimePoint now) const noexcept;

 private:
  struct Entry {
    std::atomic<std::uint64_t> hash;
    std::atomic<std::int64_t> until;  // On the monotonic clock.
  };

  [[nodiscard]] std::uint64_t hash_of(std::string_view method,
                                      std::string_view path) const noexcept;

  std::atomic<std::int64_t> last_end_;
  std::uint64_t seed_;
  std::array<Entry, kRoom> entries_;
};

}  // namespace appserver::ipc
