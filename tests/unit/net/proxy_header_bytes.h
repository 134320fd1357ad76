#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

// Headers of version 2 of the PROXY protocol, put together from their parts.
namespace appserver::net::testing {

inline std::string bytes(std::initializer_list<unsigned> values) {
  std::string text;
  for (const unsigned value : values) {
    text.push_back(static_cast<char>(value));
  }
  return text;
}

inline std::string number(std::size_t value) {
  return bytes({static_cast<unsigned>(value >> 8U & 0xffU), static_cast<unsigned>(value & 0xffU)});
}

inline const std::string kSignature =
    bytes({0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a});

inline std::string header(unsigned command, unsigned family, std::string_view block) {
  return kSignature + bytes({command, family}) + number(block.size()) + std::string(block);
}

inline std::string vector(unsigned type, std::string_view value) {
  return bytes({type}) + number(value.size()) + std::string(value);
}

// 192.0.2.7:51234 to 198.51.100.1:443.
inline const std::string kV4 = bytes({192, 0, 2, 7, 198, 51, 100, 1, 0xc8, 0x22, 0x01, 0xbb});

// [2001:db8::7]:51234 to [2001:db8::1]:443.
inline const std::string kV6 = bytes({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7}) +
                               bytes({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}) +
                               bytes({0xc8, 0x22, 0x01, 0xbb});

// The bit-by-bit definition of CRC-32C (RFC 4960 appendix B), to check the other one by.
inline std::string crc32c(std::string_view text) {
  unsigned crc = 0xffffffffU;
  for (const char c : text) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0x82f63b78U : 0U);
    }
  }
  crc = ~crc;
  return bytes({crc >> 24U, crc >> 16U & 0xffU, crc >> 8U & 0xffU, crc & 0xffU});
}

// The same header with its last vector, an empty checksum, filled in.
inline std::string with_checksum(std::string text) {
  return text.replace(text.size() - 4, 4, crc32c(text));
}

}  // namespace appserver::net::testing
