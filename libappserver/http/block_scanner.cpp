#include "http/block_scanner.h"

#include <cstring>

namespace appserver::http {

BlockScanner::Found BlockScanner::scan(std::string_view bytes) {
  for (;;) {
    const char* const rest = bytes.data() + scanned_;
    const void* const feed = std::memchr(rest, '\n', bytes.size() - scanned_);
    if (feed == nullptr) {
      scanned_ = bytes.size();
      return check_length(scanned_);
    }
    const std::size_t end =
        scanned_ + static_cast<std::size_t>(static_cast<const char*>(feed) - rest);
    // The length is judged first, and as if the line were still arriving: a refusal must not depend
    // on how the bytes were cut into packets.
    if (const Found found = check_length(end); found != Found::NeedMore) {
      return found;
    }
    if (end == line_start_ || bytes[end - 1] != '\r') {
      return Found::BareLf;
    }
    const char first = bytes[line_start_];
    const bool empty = end == line_start_ + 1;
    line_start_ = scanned_ = end + 1;
    if (empty) {
      return Found::End;
    }
    if (first == ' ' || first == '\t') {
      return Found::FoldedLine;
    }
    if (lines_++ > limits_.lines) {
      return Found::TooManyLines;
    }
  }
}

// `end` is how far the bytes reach without the LF of the current line. One byte beyond the line's
// limit may be the CR. A block that fills its limit without having ended cannot end any more: this
// is refused now, because a caller whose buffer is no larger could never offer another byte.
BlockScanner::Found BlockScanner::check_length(std::size_t end) const {
  const std::size_t limit = lines_ == 0 ? limits_.first_line : limits_.line;
  if (end - line_start_ > limit + 1) {
    return lines_ == 0 ? Found::FirstLineTooLong : Found::LineTooLong;
  }
  return end >= limits_.block ? Found::BlockTooLong : Found::NeedMore;
}

}  // namespace appserver::http
