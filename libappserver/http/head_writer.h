#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/response_writer.h"

// The parts of a response's head, shared by the writers of whole and of streamed responses.
// [worker]
namespace appserver::http {

// What the end of the head says of the body's length.
enum class LengthRule {
  Length,         // Content-Length: as computed.
  GivenOrLength,  // The Content-Length that the app gave, else as computed: HEAD without a body.
  Chunked,        // Transfer-Encoding: chunked.
  Nothing,        // Up to the end of the connection.
};
struct HeadEnd {
  LengthRule rule = LengthRule::Length;
  std::uint64_t length = 0;
};

// 1xx, 204 and 304 have no Content-Length (RFC 9110 section 8.6); 205 has an empty body (15.3.6).
[[nodiscard]] bool has_no_length(unsigned status);
[[nodiscard]] bool has_no_body(unsigned status);

// Whether the text is digits only.
[[nodiscard]] bool is_number(std::string_view text);

// The field that names this server, with its line end.
inline constexpr std::string_view kServerField = "Server: appserverd\r\n";

void append_number(std::string& out, std::uint64_t number);
void append_status_line(std::string& out, unsigned status);
void append_field(std::string& out, std::string_view name, std::string_view value);
void append_length(std::string& out, std::uint64_t length);

// Appends a whole head including its empty line; see append_response() for what becomes of the
// app's fields.
void append_head(std::string& out, const Response& head, const Reply& reply, const HeadEnd& end,
                 std::string_view date);

}  // namespace appserver::http
