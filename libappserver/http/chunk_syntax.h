#pragma once

#include <cstddef>
#include <string_view>

namespace appserver::http {

// The longest chunk line that is read: a size and its extensions, without CRLF. Nobody sends
// extensions that are longer; the line stays in the caller's buffer until it is complete.
inline constexpr std::size_t kChunkLine = 4096;

// The framing line at the front of a chunk: `chunk-size [ chunk-ext ] CRLF` (RFC 9112, 7.1).
struct ChunkLine {
  enum class State { NeedMore, Malformed, Complete };

  State state;
  std::size_t length;  // Complete: bytes of the line, CRLF included.
  bool last;           // Complete: the size is zero, so that the trailer section follows.
};

// Finds the line and checks what the wire parser leaves unchecked: at most 16 hex digits, so that
// leading zeros are bounded; no control inside a quoted extension, so that the line ends where
// everyone else sees it end; a bounded length. The grammar of extensions is the wire parser's job.
// Pure. [any]
[[nodiscard]] ChunkLine read_chunk_line(std::string_view bytes);

}  // namespace appserver::http
