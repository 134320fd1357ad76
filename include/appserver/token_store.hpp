#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include <appserver/clock.hpp>
#include <appserver/shared_tokens.hpp>

namespace appserver {

// Where rate limits count: a token bucket for each key. Derive from it to count elsewhere, in a
// Redis of all machines for example.
class TokenStore {
 public:
  TokenStore() = default;
  TokenStore(const TokenStore&) = delete;
  TokenStore& operator=(const TokenStore&) = delete;
  virtual ~TokenStore() = default;

  // Takes one token out of the key's bucket.
  // Returns: zero when there was one; else how long it takes until there is. [handler]
  [[nodiscard]] virtual std::chrono::nanoseconds take(std::string_view key,
                                                      const TokenBucket& bucket,
                                                      Clock::Steady now) = 0;
};

// Counts in the memory of this worker alone. Each worker counts for itself, so that a client whose
// connections reach all of N workers gets up to N times the rate, and a new worker begins with full
// buckets. What it limits is the load on a worker, and it is exact with one.
//
// A bucket is one number (the generic cell rate algorithm), and is forgotten when it is full again.
// At most `most_keys` are kept, some 100 bytes each: beyond that an arbitrary one is forgotten,
// which favours its key for once. Thread-safe.
class WorkerTokenStore final : public TokenStore {
 public:
  explicit WorkerTokenStore(std::size_t most_keys = 65536)
      : most_keys_(std::max<std::size_t>(most_keys, 1)) {}

  [[nodiscard]] std::chrono::nanoseconds take(std::string_view key, const TokenBucket& bucket,
                                              Clock::Steady now) override {
    using std::chrono::nanoseconds;
    const auto [per_token, tolerance] = detail::CellRate::of(bucket);
    const std::lock_guard<std::mutex> lock(mutex_);
    auto at = full_at_.find(key);
    if (at == full_at_.end()) {
      make_room(now);
      at = full_at_.emplace(std::string(key), now).first;
    }
    const Clock::Steady full_at = std::max(at->second, now);
    if (full_at - now > tolerance) {
      return full_at - now - tolerance;
    }
    at->second = full_at + per_token;
    return nanoseconds(0);
  }

  // How many buckets are kept at this moment.
  [[nodiscard]] std::size_t size() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return full_at_.size();
  }

 private:
  // Looking for full buckets is a walk over all of them: not more often than this.
  static constexpr std::chrono::seconds kBetweenSweeps{1};

  void make_room(Clock::Steady now) {
    if (full_at_.size() < most_keys_) {
      return;
    }
    if (now >= next_sweep_) {
      next_sweep_ = now + kBetweenSweeps;
      std::erase_if(full_at_, [now](const auto& bucket) { return bucket.second <= now; });
    }
    if (full_at_.size() >= most_keys_) {
      full_at_.erase(full_at_.begin());
    }
  }

  // Looks keys up as views, so that a known key costs no allocation.
  struct Hash {
    using is_transparent = void;
    [[nodiscard]] std::size_t operator()(std::string_view key) const noexcept {
      return std::hash<std::string_view>()(key);
    }
  };

  const std::size_t most_keys_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Clock::Steady, Hash, std::equal_to<>> full_at_;
  Clock::Steady next_sweep_{};
};

}  // namespace appserver
