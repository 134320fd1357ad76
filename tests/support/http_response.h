#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace appserver::test {

// A response as the client saw it.
struct HttpResponse {
  int status = 0;
  std::string reason = {};
  std::vector<std::pair<std::string, std::string>> headers = {};  // In order, names as sent.
  std::vector<std::pair<std::string, std::string>> trailers = {};
  std::string body = {};     // Transfer coding removed.
  bool until_close = false;  // The body had no length and ended with the connection.

  // The value of the first header of that name, in any case; empty when there is none.
  [[nodiscard]] std::string header(std::string_view name) const;
  [[nodiscard]] bool has_header(std::string_view name) const;
  // Whether the server announced the end of the connection with this response.
  [[nodiscard]] bool announces_close() const;
};

struct ParsedResponse {
  HttpResponse response;
  std::size_t size = 0;  // How many bytes of the input it took.
};

// Parses the response at the front of `input`, as strictly as a test should: it is our own server
// that is being looked at. `head`: it answers HEAD, so there is no body. `at_end`: no more input
// comes. Returns: nothing when more input is needed. Errors: throws std::runtime_error when it is
// not a response of HTTP/1.1 (RFC 9112).
[[nodiscard]] std::optional<ParsedResponse> parse_response(std::string_view input, bool head,
                                                           bool at_end);

}  // namespace appserver::test
