#include "http/request_parser.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "http/chunk_syntax.h"
#include "http/grammar.h"

namespace appserver::http {
namespace {

constexpr std::size_t kRetainedBody = 64 * 1024;

// Framing that a chunked body may cost: some for free, and more in proportion to its content.
// Chunks of one byte cost five bytes of framing each and stay below the proportion; long extensions
// and trailers do not, and would otherwise keep us busy without end (RFC 9112 section 7.1.1).
constexpr std::size_t kFreeFraming = 16 * 1024;
constexpr std::uint64_t kFramingPerByte = 8;

constexpr Refusal kNoMethod{400, "The request does not begin with a method."};
constexpr Refusal kBareLf{400, "A line ends without a carriage return."};
constexpr Refusal kFolded{400, "A field value is folded over several lines."};
constexpr Refusal kLongRequestLine{414, "The request line is too long."};
constexpr Refusal kLongField{431, "A header field is too long."};
constexpr Refusal kManyFields{431, "The request has too many header fields."};
constexpr Refusal kLongHead{431, "The request head is too long."};
constexpr Refusal kBadTrailers{400, "The trailer section of the body is malformed or too long."};
constexpr Refusal kMuchFraming{400, "The chunked body consists mostly of framing."};
constexpr Refusal kBadChunk{400, "The chunked framing of the body is malformed."};
constexpr Refusal kLongBody{413, "The request body is too long."};
constexpr Refusal kMalformed{400, "The request is malformed."};

Verdict verdict_on(BlockScanner::Found found) {
  switch (found) {
    case BlockScanner::Found::BareLf:
      return &kBareLf;
    case BlockScanner::Found::FoldedLine:
      return &kFolded;
    case BlockScanner::Found::FirstLineTooLong:
      return &kLongRequestLine;
    case BlockScanner::Found::LineTooLong:
      return &kLongField;
    case BlockScanner::Found::TooManyLines:
      return &kManyFields;
    case BlockScanner::Found::BlockTooLong:
      return &kLongHead;
    case BlockScanner::Found::NeedMore:
    case BlockScanner::Found::End:
      break;
  }
  return &kMalformed;
}

BlockLimits head_limits(const Limits& limits) {
  return {limits.request_line, limits.field_size, limits.fields, limits.head()};
}

BlockLimits trailer_limits(const Limits& limits) {
  return {kChunkLine, std::min(limits.field_size, kFreeFraming), limits.fields, kFreeFraming};
}

}  // namespace

RequestParser::RequestParser(const Limits& limits)
    : limits_(limits), scanner_(head_limits(limits)), wire_(limits, head_, storage_) {}

RequestParser::Fed RequestParser::feed(std::string_view bytes) {
  const std::size_t offered = bytes.size();
  while (advance(bytes)) {
  }
  const std::size_t consumed = offered - bytes.size();
  switch (state_) {
    case State::HeadRead:
      return {Progress::HeadRead, consumed};
    case State::Complete:
      return {Progress::Complete, consumed};
    case State::Failed:
      return {Progress::Failed, consumed};
    default:
      return {Progress::NeedMore, consumed};
  }
}

// Each step takes from the front of `bytes` what it is done with.
// Returns: whether another step can follow.
bool RequestParser::advance(std::string_view& bytes) {
  switch (state_) {
    case State::Head:
      return advance_head(bytes);
    case State::HeadRead:
      return begin_body(bytes);
    case State::FixedBody:
      return advance_fixed_body(bytes);
    case State::ChunkLine:
      return advance_chunk_line(bytes);
    case State::ChunkContent:
      return advance_chunk_content(bytes);
    case State::Complete:
    case State::Failed:
      break;
  }
  return false;
}

bool RequestParser::advance_head(std::string_view& bytes) {
  if (bytes.empty()) {
    return false;
  }
  if (!kTokenChars.contains(bytes.front())) {
    return skip_empty_line(bytes);
  }
  const BlockScanner::Found found = scanner_.scan(bytes);
  if (found == BlockScanner::Found::NeedMore) {
    return false;
  }
  if (found != BlockScanner::Found::End) {
    return fail(verdict_on(found));
  }
  const std::string_view head = bytes.substr(0, scanner_.size());
  const Verdict verdict = wire_.read_head(head);
  if (verdict != kAccepted) {
    return fail(verdict);
  }
  head_complete_ = true;
  head_bytes_ = head;
  bytes.remove_prefix(head.size());
  if (asks_before_bodies_ && (head_.chunked || head_.content_length.value_or(0) > 0)) {
    state_ = State::HeadRead;
    return false;
  }
  return begin_body(bytes);
}

// Old clients send an empty line after a body; one is forgiven (RFC 9112 section 2.2). It is
// consumed at once, so that a connection on which nothing else came still counts as idle.
bool RequestParser::skip_empty_line(std::string_view& bytes) {
  constexpr std::string_view kEmptyLine = "\r\n";
  if (empty_line_skipped_ || !kEmptyLine.starts_with(bytes.substr(0, kEmptyLine.size()))) {
    return fail(&kNoMethod);
  }
  if (bytes.size() < kEmptyLine.size()) {
    return false;
  }
  empty_line_skipped_ = true;
  bytes.remove_prefix(kEmptyLine.size());
  return true;
}

bool RequestParser::begin_body(std::string_view& bytes) {
  if (head_.chunked) {
    scanner_ = BlockScanner(trailer_limits(limits_));
    state_ = State::ChunkLine;
    return true;
  }
  const std::uint64_t length = head_.content_length.value_or(0);
  if (!streams_body_ && length > limits_.body) {
    return fail(&kLongBody);
  }
  if (bytes.size() >= length) {
    const std::string_view body = bytes.substr(0, static_cast<std::size_t>(length));
    bytes.remove_prefix(body.size());
    return complete(body);
  }
  remaining_ = length;
  state_ = State::FixedBody;
  return true;
}

bool RequestParser::advance_fixed_body(std::string_view& bytes) {
  const std::string_view piece = bytes.substr(0, std::min<std::uint64_t>(remaining_, bytes.size()));
  storage_.append(piece);
  received_ += piece.size();
  remaining_ -= piece.size();
  bytes.remove_prefix(piece.size());
  return remaining_ == 0 && complete(storage_);
}

// The CRLF behind a chunk's content is read together with the line that follows it.
bool RequestParser::advance_chunk_line(std::string_view& bytes) {
  constexpr std::string_view kContentEnd = "\r\n";
  const std::size_t before = in_chunks_ ? kContentEnd.size() : 0;
  if (in_chunks_ && !kContentEnd.starts_with(bytes.substr(0, before))) {
    return fail(&kBadChunk);
  }
  if (bytes.size() < before) {
    return false;
  }
  const std::string_view rest = bytes.substr(before);
  const ChunkLine line = read_chunk_line(rest);
  if (line.state != ChunkLine::State::Complete) {
    return line.state == ChunkLine::State::Malformed && fail(&kBadChunk);
  }
  if (line.last && !scan_trailers(rest)) {
    return false;
  }
  const std::size_t size = before + (line.last ? scanner_.size() : line.length);
  framing_ += size;
  if (framing_ > kFreeFraming + kFramingPerByte * received_) {
    return fail(&kMuchFraming);
  }
  if (const Verdict verdict = wire_.read_chunk_element(bytes.substr(0, size));
      verdict != kAccepted) {
    return fail(verdict);
  }
  bytes.remove_prefix(size);
  if (line.last) {
    return complete(storage_);
  }
  remaining_ = wire_.chunk_size();
  if (!streams_body_ && remaining_ > limits_.body - received_) {
    return fail(&kLongBody);
  }
  in_chunks_ = true;
  state_ = State::ChunkContent;
  return true;
}

// Returns: whether the last chunk's line and the trailer section are there to their end.
bool RequestParser::scan_trailers(std::string_view bytes) {
  const BlockScanner::Found found = scanner_.scan(bytes);
  if (found != BlockScanner::Found::End && found != BlockScanner::Found::NeedMore) {
    return fail(&kBadTrailers);
  }
  return found == BlockScanner::Found::End;
}

bool RequestParser::advance_chunk_content(std::string_view& bytes) {
  if (bytes.empty()) {
    return false;
  }
  const std::string_view piece = bytes.substr(0, std::min<std::uint64_t>(remaining_, bytes.size()));
  if (const Verdict verdict = wire_.read_chunk_element(piece); verdict != kAccepted) {
    return fail(verdict);
  }
  received_ += piece.size();
  remaining_ -= piece.size();
  bytes.remove_prefix(piece.size());
  if (remaining_ == 0) {
    state_ = State::ChunkLine;
  }
  return true;
}

bool RequestParser::complete(std::string_view body) {
  body_ = body;
  state_ = State::Complete;
  return false;
}

bool RequestParser::fail(Verdict verdict) {
  refusal_ = verdict;
  state_ = State::Failed;
  return false;
}

std::array<std::string_view, 4> RequestParser::replay(ChunkLineRoom& line) const noexcept {
  const bool whole = state_ == State::Complete;
  const std::string_view content = whole ? body_ : std::string_view(storage_);
  if (!in_chunks_) {
    const bool was_empty_chunks = whole && head_.chunked;
    return {head_bytes_, {}, content, was_empty_chunks ? "0\r\n\r\n" : ""};
  }
  // An unfinished chunk goes on behind what is stored; a finished one still awaits its CRLF.
  const std::uint64_t size = content.size() + (whole ? 0 : remaining_);
  char* end = std::to_chars(line.data(), line.data() + line.size() - 2, size, 16).ptr;
  *end++ = '\r';
  *end++ = '\n';
  return {head_bytes_, std::string_view(line.data(), static_cast<std::size_t>(end - line.data())),
          content, whole ? "\r\n0\r\n\r\n" : ""};
}

void RequestParser::reset() {
  state_ = State::Head;
  empty_line_skipped_ = false;
  head_complete_ = false;
  in_chunks_ = false;
  streams_body_ = false;
  received_ = 0;
  scanner_ = BlockScanner(head_limits(limits_));
  remaining_ = 0;
  framing_ = 0;
  refusal_ = kAccepted;
  head_bytes_ = {};
  body_ = {};
  head_.clear();
  if (storage_.capacity() > kRetainedBody) {
    std::string().swap(storage_);
  } else {
    storage_.clear();
  }
}

}  // namespace appserver::http
