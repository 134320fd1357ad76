#pragma once

#include <cstdint>
#include <string_view>

namespace appserver::ipc {

// FNV-1a, 64 bit, from a secret start: for tables in shared memory whose keys clients choose. [any]
class SeededHash {
 public:
  explicit constexpr SeededHash(std::uint64_t seed) noexcept : value_(0xcbf29ce484222325 ^ seed) {}

  constexpr SeededHash& add(std::string_view text) noexcept {
    for (const char c : text) {
      value_ = (value_ ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    }
    return *this;
  }
  [[nodiscard]] constexpr std::uint64_t value() const noexcept { return value_; }

 private:
  std::uint64_t value_;
};

}  // namespace appserver::ipc
