#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "http/limits.h"
#include "http/refusal.h"
#include "http/request_head.h"

namespace appserver::http {

// Reads the grammar of whole elements of a request: a head, a chunk line, the last chunk with its
// trailers, a piece of a chunk's content. Its source file is the only one that knows the parser
// library (Boost.Beast). RequestParser finds where elements end. [worker]
class WireReader {
 public:
  // All three must outlive this object; `head` and `body` are what it fills. The only allocation is
  // made here.
  WireReader(const Limits& limits, RequestHead& head, std::string& body);
  ~WireReader();
  WireReader(const WireReader&) = delete;
  WireReader& operator=(const WireReader&) = delete;

  // Begins a new request: reads `bytes`, a head up to and including its empty line, under all rules
  // of HeadRules, and fills `head` with views into it. Requires: `head` is clear.
  [[nodiscard]] Verdict read_head(std::string_view bytes);

  // Reads one element of a chunked body and appends what it decodes to `body`. Trailer fields are
  // checked and dropped. Requires: read_head() accepted a chunked request.
  [[nodiscard]] Verdict read_chunk_element(std::string_view bytes);

  // The size that the last chunk line announced.
  [[nodiscard]] std::uint64_t chunk_size() const;

 private:
  class Message;
  struct Slot;

  const Limits& limits_;
  RequestHead& head_;
  std::string& body_;
  std::unique_ptr<Slot> slot_;
};

}  // namespace appserver::http
