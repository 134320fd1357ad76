#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "http/field.h"

namespace appserver::http {

// What a request says before its body. Views point into the connection's buffer (or to static
// text) and live as long as the head's bytes stay there. [worker]
struct RequestHead {
  std::string_view method;  // A token, case-sensitive; any but CONNECT and TRACE.
  std::string_view target;  // As sent.
  std::string_view path;    // Of the target, not decoded: begins with `/`, or is `*` for OPTIONS.
  std::string_view query;   // Of the target, without the `?`.
  std::string_view host;    // The authority of an absolute target, else the Host field, else empty.
  int minor_version = 1;    // 0 or 1, of HTTP/1.x.

  // In the order of arrival, names as sent. With an absolute target the value of Host is that of
  // the target (RFC 9112 section 3.2.2). Trailer fields never come here.
  std::vector<Field> fields;

  bool keep_alive = false;        // Version and all Connection fields taken together (9112, 9.3).
  bool expects_continue = false;  // `Expect: 100-continue` on HTTP/1.1.
  bool chunked = false;
  std::optional<std::uint64_t> content_length;  // None when chunked or not announced.

  // Empties everything and keeps the storage of `fields`.
  void clear() {
    std::vector<Field> storage = std::move(fields);
    storage.clear();
    *this = RequestHead{};
    fields = std::move(storage);
  }
};

}  // namespace appserver::http
