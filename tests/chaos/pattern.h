#pragma once

#include <cstddef>
#include <string>

namespace appserver::chaos {

// The first `size` bytes of a text without end that the app sends and its clients expect. Each of
// its lines of eight characters has its own number, so that a piece that is lost, repeated or moved
// does not go unseen.
[[nodiscard]] inline std::string pattern(std::size_t size) {
  constexpr std::size_t kLine = 8;
  std::string text;
  text.reserve(size + kLine);
  for (std::size_t line = 0; text.size() < size; ++line) {
    const std::string number = std::to_string(line);
    text.append(kLine - 1 - number.size(), '.').append(number).push_back('\n');
  }
  text.resize(size);
  return text;
}

}  // namespace appserver::chaos
