#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

// Not part of the user's interface: MurmurHash3 x64 128 by Austin Appleby, who placed it in the
// public domain. It tells versions of content apart; it does not protect against forgery.
namespace appserver::detail {

class Murmur3 {
 public:
  // The two halves of the hash, with the seed 0.
  [[nodiscard]] static constexpr std::pair<std::uint64_t, std::uint64_t> of(
      std::string_view bytes) noexcept {
    Murmur3 state;
    const std::size_t size = bytes.size();
    for (; bytes.size() >= 16; bytes.remove_prefix(16)) {
      state.mix(word(bytes.substr(0, 8)), word(bytes.substr(8, 8)));
    }
    state.mix_tail(bytes);
    return state.finish(size);
  }

 private:
  static constexpr std::uint64_t kC1 = 0x87c37b91114253d5U;
  static constexpr std::uint64_t kC2 = 0x4cf5ad432745937fU;

  // Up to eight bytes, the first one lowest, whatever the machine's byte order.
  [[nodiscard]] static constexpr std::uint64_t word(std::string_view bytes) noexcept {
    std::uint64_t value = 0;
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      value |= std::uint64_t{static_cast<unsigned char>(bytes[at])} << (8 * at);
    }
    return value;
  }
  [[nodiscard]] static constexpr std::uint64_t rotate(std::uint64_t value, int by) noexcept {
    return (value << by) | (value >> (64 - by));
  }
  [[nodiscard]] static constexpr std::uint64_t scramble1(std::uint64_t k) noexcept {
    return rotate(k * kC1, 31) * kC2;
  }
  [[nodiscard]] static constexpr std::uint64_t scramble2(std::uint64_t k) noexcept {
    return rotate(k * kC2, 33) * kC1;
  }
  [[nodiscard]] static constexpr std::uint64_t avalanche(std::uint64_t k) noexcept {
    k = (k ^ (k >> 33)) * 0xff51afd7ed558ccdU;
    k = (k ^ (k >> 33)) * 0xc4ceb9fe1a85ec53U;
    return k ^ (k >> 33);
  }

  constexpr void mix(std::uint64_t k1, std::uint64_t k2) noexcept {
    h1_ = (rotate(h1_ ^ scramble1(k1), 27) + h2_) * 5 + 0x52dce729U;
    h2_ = (rotate(h2_ ^ scramble2(k2), 31) + h1_) * 5 + 0x38495ab5U;
  }
  constexpr void mix_tail(std::string_view rest) noexcept {
    if (rest.size() > 8) {
      h2_ ^= scramble2(word(rest.substr(8)));
    }
    h1_ ^= scramble1(word(rest.substr(0, 8)));
  }
  [[nodiscard]] constexpr std::pair<std::uint64_t, std::uint64_t> finish(
      std::size_t size) noexcept {
    h1_ ^= size;
    h2_ ^= size;
    h1_ += h2_;
    h2_ += h1_;
    h1_ = avalanche(h1_);
    h2_ = avalanche(h2_);
    h1_ += h2_;
    h2_ += h1_;
    return {h1_, h2_};
  }

  std::uint64_t h1_ = 0;
  std::uint64_t h2_ = 0;
};

}  // namespace appserver::detail
