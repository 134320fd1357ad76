#include "http/chunk_syntax.h"

#include <algorithm>

#include "http/grammar.h"

namespace appserver::http {
namespace {

constexpr std::size_t kMostDigits = 16;  // All of a 64-bit size.

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t') || byte == 0x7f;
}

}  // namespace

ChunkLine read_chunk_line(std::string_view bytes) {
  constexpr ChunkLine kMalformed{ChunkLine::State::Malformed, 0, false};
  std::size_t digits = 0;
  bool last = true;
  while (digits < bytes.size() && is_hex_digit(bytes[digits])) {
    last = last && bytes[digits] == '0';
    if (++digits > kMostDigits) {
      return kMalformed;
    }
  }
  if (digits == 0 && !bytes.empty()) {
    return kMalformed;
  }
  const std::string_view longest = bytes.substr(0, kChunkLine + 2);
  const auto end = std::find_if(longest.begin(), longest.end(), is_control);
  const auto length = static_cast<std::size_t>(end - longest.begin());
  if (length > kChunkLine) {
    return kMalformed;
  }
  const std::string_view ending = bytes.substr(length, 2);
  if (!std::string_view("\r\n").starts_with(ending)) {
    return kMalformed;
  }
  if (ending.size() < 2) {
    return {ChunkLine::State::NeedMore, 0, false};
  }
  return {ChunkLine::State::Complete, length + 2, last};
}

}  // namespace appserver::http
