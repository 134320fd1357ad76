#pragma once

#include <string_view>

namespace appserver::http {

// The reason phrase of a status code as registered with IANA (RFC 9110 section 15 and others);
// empty for an unregistered one, for which the phrase is optional (RFC 9112 section 4). [any]
[[nodiscard]] std::string_view reason_phrase(unsigned status);

// The whole status line with CRLF of the statuses that most responses have; empty for the others.
// The version is always HTTP/1.1: it tells what the server can do, also to an HTTP/1.0 client
// (RFC 9110 section 6.2). [any]
[[nodiscard]] std::string_view common_status_line(unsigned status);

}  // namespace appserver::http
