#pragma once

#include <cstddef>
#include <string_view>

namespace appserver::http {

// What a block of lines may measure; lengths are without CRLF, `block` is with all of them.
struct BlockLimits {
  std::size_t first_line;
  std::size_t line;
  std::size_t lines;  // Besides the first and the empty one.
  std::size_t block;
};

// Finds the end of a block of CRLF lines that an empty line closes (a request's head; the last
// chunk with its trailer section) while it arrives. Resumes where it stopped, so that a block that
// comes byte by byte costs its length and not the square of it. Refuses what must never reach a
// parser that might be lenient: a bare LF, a folded line, a line or a block beyond its limit.
// A value that holds positions and no bytes. [any]
class BlockScanner {
 public:
  enum class Found {
    NeedMore,
    End,
    BareLf,
    FoldedLine,
    FirstLineTooLong,
    LineTooLong,
    TooManyLines,
    BlockTooLong,
  };

  explicit BlockScanner(const BlockLimits& limits) : limits_(limits) {}

  // Looks at `bytes`, which begin with the block's first byte; they may have moved and grown since
  // the last call, but what was there has not changed.
  // Returns: End once the closing empty line is there; size() then tells where the block ends.
  // Anything but NeedMore is final.
  [[nodiscard]] Found scan(std::string_view bytes);

  [[nodiscard]] std::size_t size() const { return line_start_; }

 private:
  [[nodiscard]] Found check_length(std::size_t end) const;

  BlockLimits limits_;
  std::size_t line_start_ = 0;  // Of the first line that has not been seen whole.
  std::size_t scanned_ = 0;     // Up to here there is no LF after line_start_.
  std::size_t lines_ = 0;       // Whole lines seen.
};

}  // namespace appserver::http
