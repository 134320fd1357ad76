#pragma once

#include <cstddef>
#include <cstdint>

namespace appserver::http {

// How much of a request a stranger may make us hold. A limit of zero is zero, not "unlimited".
// A plain value; whoever parses with it only reads it. [any]
struct Limits {
  std::size_t request_line = 8190;        // Bytes without the line's CRLF; over it 414.
  std::size_t fields = 100;               // Field lines of a head; over it 431.
  std::size_t field_size = 8190;          // Bytes of one field line without CRLF; over it 431.
  std::uint64_t body = 16 * 1024 * 1024;  // Bytes after decoding; over it 413.

  // Field names with `_` are dropped unless this is set: a gateway that turns `-` into `_` cannot
  // tell X_User from X-User, so that a client could forge what a proxy is trusted to set.
  bool keep_underscore_names = false;

  // The cap on an entire head, CRLFs included: a full request line and eight full fields. Without
  // it `fields` times `field_size` would let one head take 800 KiB. Over it 431.
  [[nodiscard]] constexpr std::size_t head() const {
    constexpr std::size_t kMost = std::size_t{1} << 30;  // The wire parser counts in 32 bits.
    if (request_line > kMost || field_size > kMost / 16) {
      return kMost;
    }
    return request_line + 8 * field_size < kMost ? request_line + 8 * field_size : kMost;
  }
};

}  // namespace appserver::http
