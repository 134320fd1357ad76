#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "http/response_writer.h"

namespace appserver::http {

// How the end of a body that is not there yet will be recognised (RFC 9112 section 6.3).
struct Framing {
  enum class Kind {
    None,        // HEAD, or a status without a body.
    Length,      // Content-Length bytes.
    Chunked,     // Up to the last chunk.
    UntilClose,  // Up to the end of the connection: all that HTTP/1.0 understands.
  };
  Kind kind = Kind::None;
  std::uint64_t length = 0;  // For Length.
};

// The framing of a response whose body comes later: the length that is known or that the app gives,
// else chunks.
[[nodiscard]] Framing framing_for(const Response& head, const Reply& reply,
                                  std::optional<std::uint64_t> known_length);

// Appends the head of a response whose body follows in that framing. Otherwise as
// append_response(). Requires: reply.keep_alive is false for UntilClose.
void append_head(std::string& out, const Response& head, const Reply& reply, const Framing& framing,
                 std::string_view date);

// Appends one chunk. Requires: `bytes` is not empty, because an empty chunk is the last one.
void append_chunk(std::string& out, std::string_view bytes);

// Appends the last chunk with its trailer fields (RFC 9112 section 7.1.2).
// Requires: validate() would accept the fields.
void append_last_chunk(std::string& out, std::span<const Field> trailers);

// Appends an interim response such as 103 (Early Hints). Requires: a status of 1xx, valid fields.
void append_interim(std::string& out, unsigned status, std::span<const Field> fields);

}  // namespace appserver::http
