#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace appserver::test {

// Which bytes they are does not matter, as long as none may get lost or change places.
inline std::string varied(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint32_t state = 1;
  for (char& byte : bytes) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<char>('a' + (state >> 24) % 26);
  }
  return bytes;
}

// What the app `bodies` answers to a body.
inline std::string described(std::string_view bytes) {
  std::uint32_t sum = 0;
  for (const char byte : bytes) {
    sum = sum * 31 + static_cast<unsigned char>(byte);
  }
  return std::to_string(bytes.size()) + " bytes, sum " + std::to_string(sum);
}

}  // namespace appserver::test
