#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string_view>

#include <appserver/abi_tokens.h>
#include <appserver/detail/host.hpp>

namespace appserver {

// How often something may happen: `burst` times at once, and then `per_second` times a second on
// average.
struct TokenBucket {
  double per_second = 10;
  double burst = 20;
};

namespace detail {

// A bucket as the generic cell rate algorithm has it: the time between two tokens, and how far in
// the future a bucket may be full again. Cut to what a time point can hold with ease.
struct CellRate {
  std::chrono::nanoseconds interval;
  std::chrono::nanoseconds tolerance;

  [[nodiscard]] static CellRate of(const TokenBucket& bucket) noexcept {
    return {seconds(1 / bucket.per_second),
            seconds((std::max(bucket.burst, 1.0) - 1) / bucket.per_second)};
  }

 private:
  [[nodiscard]] static std::chrono::nanoseconds seconds(double count) noexcept {
    constexpr double kDecades = 1e9;
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
        std::chrono::duration<double>(std::min(count, kDecades)));
  }
};

}  // namespace detail

// The buckets that all workers of a server share; a deploy does not fill them. A small value; get
// one from Request::shared_tokens(). [handler]
class SharedTokens {
 public:
  explicit SharedTokens(detail::Host host) noexcept
      : host_(host), tokens_(host.extension<appserver_tokens>(APPSERVER_TOKENS_EXTENSION)) {}

  // Whether there are any: not on servers before ABI 1.2, and not in a test's memory.
  [[nodiscard]] bool are_there() const noexcept { return tokens_ != nullptr; }

  // As TokenStore::take(), by the server's clock. Requires: are_there().
  [[nodiscard]] std::chrono::nanoseconds take(std::string_view key,
                                              const TokenBucket& bucket) const noexcept {
    const detail::CellRate rate = detail::CellRate::of(bucket);
    return std::chrono::nanoseconds(tokens_->take(
        host_.table(), detail::to_abi(key), static_cast<std::uint64_t>(rate.interval.count()),
        static_cast<std::uint64_t>(rate.tolerance.count())));
  }

 private:
  detail::Host host_;
  const appserver_tokens* tokens_;
};

}  // namespace appserver
