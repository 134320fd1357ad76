#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "http/block_scanner.h"
#include "http/limits.h"
#include "http/refusal.h"
#include "http/request_head.h"
#include "http/wire_reader.h"

namespace appserver::http {

// Reads HTTP/1.0 and HTTP/1.1 requests out of bytes; does no I/O and knows no connection. Strict:
// whatever could make two readers disagree about a request is refused. One request at a time,
// reset() between them; the object serves any number of requests, also of different connections,
// and then allocates nothing unless a body must be stored. [worker] Single-threaded.
//
// States: Head (-> HeadRead) -> FixedBody or ChunkLine <-> ChunkContent (or neither) -> Complete
// -> reset: Head.
// Failed can follow each state before Complete, and only reset() leaves it.
class RequestParser {
 public:
  // HeadRead: see ask_before_bodies().
  enum class Progress { NeedMore, HeadRead, Complete, Failed };
  struct Fed {
    Progress progress;
    std::size_t consumed;  // Bytes at the front that this parser needs no more; see feed().
  };

  // More than feed() ever leaves unconsumed of a body: chunk lines and trailer sections are read
  // whole, and refused when they are longer.
  static constexpr std::size_t kFramingRoom = 17 * 1024;

  // `limits` must outlive the parser.
  explicit RequestParser(const Limits& limits);
  ~RequestParser() = default;
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  // Reads on. `bytes` are those of this request that were not consumed yet, and all that follow;
  // what was offered before and not consumed is offered again, with more behind it.
  //
  // While the head is incomplete nothing is consumed (but for one empty line before it, RFC 9112
  // section 2.2), and `bytes` may have moved: another process can start again from the first byte.
  // Once the head is complete it counts as consumed, but head_bytes() must stay where they are
  // until reset(), because head() points into them. Body bytes are consumed as they come and
  // their space may be reused, with one exception: a body of fixed length that lies behind the head
  // in the same call is not copied, and stays in place like the head (Complete is returned then).
  //
  // An incomplete head leaves less than Limits::head() bytes unconsumed, a body less than
  // kFramingRoom: a buffer with that much room, besides the head's own bytes, never gets stuck.
  //
  // Returns: Complete when the request is whole; what follows belongs to the next one.
  // Failed: refusal() tells why, nothing more is parsed, `consumed` means nothing: answer, close.
  Fed feed(std::string_view bytes);

  // From now on feed() returns HeadRead when it has read the head of a request with a body, once
  // per request, so that the caller can decide what becomes of the body before a byte of it is
  // looked at.
  void ask_before_bodies() { asks_before_bodies_ = true; }

  // The body of this request is not collected: the caller takes what is stored after each feed().
  // Limits::body does not hold for it, and body() is what was not taken. Requires: feed() returned
  // HeadRead.
  void stream_body() { streams_body_ = true; }

  // The bytes of the body that are stored, for a caller that takes them itself: to a handler, or to
  // a file when they become many. forget_stored() makes room for the next ones.
  [[nodiscard]] std::string_view stored() const { return storage_; }
  void forget_stored() { storage_.clear(); }

  // Whether the head is read and accepted; from then on the body is awaited.
  [[nodiscard]] bool head_complete() const { return head_complete_; }

  // Requires: head_complete(). After Failed before that, only method, target and minor_version may
  // be read, for the log: they are empty unless the request line itself was good.
  [[nodiscard]] const RequestHead& head() const { return head_; }

  // The bytes that must not move before reset(). Empty before head_complete().
  [[nodiscard]] std::string_view head_bytes() const { return head_bytes_; }

  // The decoded body. Requires: Complete. Valid until reset() (see feed() for where it lives).
  [[nodiscard]] std::string_view body() const { return body_; }

  // Bytes of the body that have arrived so far.
  [[nodiscard]] std::uint64_t body_received() const { return received_; }

  // Requires: feed() returned Failed.
  [[nodiscard]] const Refusal& refusal() const { return *refusal_; }

  // Bytes that, followed by the unconsumed ones, bring another parser to where this one is: the
  // handoff of a request that was read in part, or that is Complete and not answered. Empty while
  // the head is incomplete. Chunks that were read become one chunk, whose line is made in `line`;
  // the views live as long as it and this request. Async-signal-safe. Requires: feed() did not
  // return Failed last.
  using ChunkLineRoom = std::array<char, 24>;
  [[nodiscard]] std::array<std::string_view, 4> replay(ChunkLineRoom& line) const noexcept;

  // Forgets the request and its views. Storage for bodies above 64 KiB is given back.
  void reset();

 private:
  enum class State { Head, HeadRead, FixedBody, ChunkLine, ChunkContent, Complete, Failed };

  bool advance(std::string_view& bytes);
  bool advance_head(std::string_view& bytes);
  bool skip_empty_line(std::string_view& bytes);
  bool begin_body(std::string_view& bytes);
  bool advance_fixed_body(std::string_view& bytes);
  bool advance_chunk_line(std::string_view& bytes);
  bool scan_trailers(std::string_view bytes);
  bool advance_chunk_content(std::string_view& bytes);
  bool complete(std::string_view body);
  bool fail(Verdict verdict);

  const Limits& limits_;
  State state_ = State::Head;
  bool empty_line_skipped_ = false;
  bool head_complete_ = false;
  bool in_chunks_ = false;       // A chunk's content has been read; its CRLF comes next.
  BlockScanner scanner_;         // Of the head, then of the trailer section.
  std::uint64_t remaining_ = 0;  // Of the fixed body or the current chunk.
  std::uint64_t received_ = 0;   // Of the body, decoded.
  bool asks_before_bodies_ = false;
  bool streams_body_ = false;
  std::uint64_t framing_ = 0;  // Bytes spent on chunk lines and trailers.
  Verdict refusal_ = kAccepted;
  std::string_view head_bytes_;
  std::string_view body_;
  std::string storage_;
  RequestHead head_;
  WireReader wire_;  // Fills head_ and storage_, hence after them.
};

}  // namespace appserver::http
