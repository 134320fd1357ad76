#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/field.h"

namespace appserver::http {

class ErrorPages;

// What an app answers. Owns nothing. [worker]
struct Response {
  unsigned status = 200;
  std::span<const Field> fields;
  std::string_view body;
};

// What the request asks of the framing of its response.
struct Reply {
  bool head_request = false;
  int minor_version = 1;
  bool keep_alive = true;
};

// An answer of the server itself: a refused request, a time-out, an overload.
struct ErrorAnswer {
  unsigned status = 500;
  std::string_view reason;  // A sentence for the client. Requires: our own text, not the peer's.
  bool head_request = false;
  unsigned retry_after = 0;  // Seconds, for 503; 0 leaves the field out.
};

// Checks what an app wants to send, so that no handler can split a response by accident.
// Errors: a status outside 200 to 599; a field name that is no token (RFC 9110 section 5.1); a
// field value with CR, LF or NUL (5.5; other bytes pass). The text names the field, escaped.
[[nodiscard]] Result<Ok> validate(const Response& response);

// Whether the app asks to close the connection after this response (`Connection: close`).
[[nodiscard]] bool announces_close(const Response& response);

// Appends head and body, ready to send. The server owns the framing: Content-Length,
// Transfer-Encoding, Connection, Keep-Alive, Proxy-Connection and Upgrade of the app are dropped
// and made anew from `reply` and the body. 204 and 304 (and 1xx) get neither a body nor a
// Content-Length, 205 an empty body. HEAD gets the Content-Length of the body it would have got:
// that of `body` or, if that is empty, the one the app gave. Date and Server are added unless the
// app gave them.
// Requires: validate(response) succeeded; `date` is an IMF-fixdate.
// Allocates only when `out` must grow. Existing content of `out` stays.
void append_response(std::string& out, const Response& response, const Reply& reply,
                     std::string_view date);

// Appends a complete answer that announces the end of the connection, in the form that render_error
// (error_body.h) chooses for a client with this Accept field.
// Returns: how many bytes of body went out.
std::uint64_t append_error(std::string& out, const ErrorAnswer& answer, std::string_view date,
                           std::string_view accept, const ErrorPages& pages);

// Appends the interim response that a client waits for before it sends its body.
void append_continue(std::string& out);

}  // namespace appserver::http
