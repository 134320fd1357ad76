#include "http/response_writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>

#include "http/error_body.h"
#include "http/error_pages.h"
#include "http/grammar.h"
#include "http/head_writer.h"
#include "http/status.h"

namespace appserver::http {
namespace {

using namespace std::string_view_literals;

// One growth instead of several; a good guess is enough.
void make_room(std::string& out, const Response& response) {
  constexpr std::size_t kOwnFields = 192;
  std::size_t size = kOwnFields + response.body.size();
  for (const Field& field : response.fields) {
    size += field.name.size() + field.value.size() + 4;
  }
  if (out.capacity() - out.size() < size) {
    out.reserve(out.size() + size);
  }
}

// For an error text that ends in a log: shortened, and without bytes that a terminal obeys.
std::string escaped(std::string_view text) {
  constexpr std::size_t kLongest = 64;
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (const char c : text.substr(0, kLongest)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte > 0x7e || c == '"' || c == '\\') {
      out.append("\\x").push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15]);
    } else {
      out.push_back(c);
    }
  }
  return text.size() > kLongest ? out + "..." : out;
}

}  // namespace

Result<Ok> validate(const Response& response) {
  if (response.status < 200 || response.status > 599) {
    return failure("response status " + std::to_string(response.status) +
                   " is not a final HTTP status: use 200 to 599");
  }
  for (const Field& field : response.fields) {
    if (!is_token(field.name)) {
      return failure("response field name \"" + escaped(field.name) +
                     "\" is not an HTTP token: use letters, digits and -");
    }
    if (field.value.find_first_of("\r\n\0"sv) != std::string_view::npos) {
      return failure("value of response field \"" + escaped(field.name) +
                     "\" contains CR, LF or NUL: \"" + escaped(field.value) +
                     "\"; encode or remove them");
    }
  }
  return ok();
}

bool announces_close(const Response& response) {
  bool close = false;
  for (const Field& field : response.fields) {
    if (equals_lower(field.name, "connection")) {
      for_each_member(field.value, [&close](std::string_view option) {
        close = close || equals_lower(option, "close");
      });
    }
  }
  return close;
}

void append_response(std::string& out, const Response& response, const Reply& reply,
                     std::string_view date) {
  make_room(out, response);
  const std::string_view body = has_no_body(response.status) ? ""sv : response.body;
  const bool app_knows_length = reply.head_request && body.empty();
  append_head(
      out, {response.status, response.fields, {}}, reply,
      HeadEnd{app_knows_length ? LengthRule::GivenOrLength : LengthRule::Length, body.size()},
      date);
  if (!reply.head_request) {
    out.append(body);
  }
}

std::uint64_t append_error(std::string& out, const ErrorAnswer& answer, std::string_view date,
                           std::string_view accept, const ErrorPages& pages) {
  const ErrorBody body = render_error(answer.status, answer.reason, accept, pages);
  const std::string seconds = std::to_string(answer.retry_after);
  // A 404 or 405 may be cached without a word about it (RFC 9110 section 15.1).
  const std::array<Field, 3> fields{
      {{"Content-Type", body.content_type}, {"Vary", "Accept"}, {"Retry-After", seconds}}};
  const Response response{answer.status,
                          std::span(fields).first(answer.retry_after == 0 ? 2 : fields.size()),
                          body.content};
  append_response(out, response, Reply{answer.head_request, 1, false}, date);
  return answer.head_request ? 0 : body.content.size();
}

void append_continue(std::string& out) {
  out.append("HTTP/1.1 100 Continue\r\n\r\n");
}

}  // namespace appserver::http
