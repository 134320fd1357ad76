#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <vector>

#include "base/unique_fd.h"
#include "http/field.h"
#include "http/request_head.h"

namespace appserver::worker {

struct OwnedField {
  std::string name;
  std::string value;
};

// A response whose body, if it has one, is made of parts of a file. No byte of the file has been
// read: whoever sends the answer sends `before` of the first piece, then its part of the file with
// sendfile(2), then the next piece, and `after` at the end; or, if there are no pieces, `text`.
// Owns all that it needs, so that it may outlive the request.
struct FileAnswer {
  struct Piece {
    std::string before;  // The head of a part of multipart/byteranges; else empty.
    std::uint64_t offset = 0;
    std::uint64_t length = 0;  // Not 0.
  };

  unsigned status = 200;
  // All but those that belong to the connection: Content-Length, Connection, Date and Server. They
  // are valid (http::validate) if those of the request and of FileTraits are.
  std::vector<OwnedField> fields;
  // A whole body in plain text for an answer without a file; empty with 301 and 304.
  std::string text;
  // The sentence in `text` alone, for who makes error pages of another form; static text, empty
  // below 400.
  std::string_view reason;
  UniqueFd file;  // Open if and only if there are pieces.
  std::vector<Piece> pieces;
  std::string after;  // The end of multipart/byteranges; else empty.
  // The exact number of bytes of the body. For HEAD too, which gets the fields of GET; its sender
  // leaves the body out. Without meaning for 304, which has none.
  std::uint64_t content_length = 0;
};

// What is known of a file that it cannot say itself. Views are read during the call only.
struct FileTraits {
  std::string_view content_type = {};   // Empty: that of `extra`, else application/octet-stream.
  std::string_view cache_control = {};  // Empty: that of `extra`, if any.
  // Further fields, such as Content-Encoding and Vary, or all that an app gives. An ETag replaces
  // the file's own if it is one. Content-Length, Content-Range, Accept-Ranges and Last-Modified are
  // dropped, as the file knows better.
  std::span<const http::Field> extra = {};
};

// Answers a GET or HEAD with a file: 200, 206 for a Range, 304, 412 or 416 as the conditions of the
// request demand (RFC 9110 sections 13, 14 and 15.3.7). With a Content-Encoding a Range of several
// parts gets the whole.
// Requires: `file` is a regular file, open for reading; `status` is what fstat(2) says of it.
// Does not fail. Reads the wall clock, and the kernel's random numbers for a set of several ranges.
// [worker] [in-handler]
//
// The ETag is strong: inode, size and the nanoseconds of the last change. A file put in place with
// a rename has another inode, one rewritten in place another time; so it changes with the bytes
// unless a file of the same size is rewritten within one tick of the kernel's clock (some
// milliseconds; write new files beside the old ones and rename them, and this cannot happen). Two
// machines behind one load balancer give the same file different tags: a client that moves between
// them gets 200 where 304 would have done.
//
// The content of a file that is made shorter while it is sent cannot be completed: sendfile(2) then
// returns 0 too early, and the connection must be closed.
[[nodiscard]] FileAnswer answer_with_file(const http::RequestHead& head, UniqueFd file,
                                          const struct stat& status, const FileTraits& traits);

// An answer in plain text in the form of the server's own errors: "404 Not Found" and the reason.
// Requires: `reason` is static text.
[[nodiscard]] FileAnswer answer_with_error(unsigned status, std::string_view reason);

}  // namespace appserver::worker
