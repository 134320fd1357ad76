#include "http/response_writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>

#include "http/grammar.h"
#include "http/status.h"

namespace appserver::http {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kServerField = "Server: appserverd\r\n";

// What the writer itself has a say in.
enum class Owner { App, Date, Server, Length, Connection };

// Dispatches on the length first: nearly all fields are decided without comparing a letter.
Owner owner_of(std::string_view name) {
  switch (name.size()) {
    case 4:
      return equals_lower(name, "date") ? Owner::Date : Owner::App;
    case 6:
      return equals_lower(name, "server") ? Owner::Server : Owner::App;
    case 7:
      return equals_lower(name, "upgrade") ? Owner::Connection : Owner::App;
    case 10:
      return equals_lower(name, "connection") || equals_lower(name, "keep-alive")
                 ? Owner::Connection
                 : Owner::App;
    case 14:
      return equals_lower(name, "content-length") ? Owner::Length : Owner::App;
    case 16:
      return equals_lower(name, "proxy-connection") ? Owner::Connection : Owner::App;
    case 17:
      return equals_lower(name, "transfer-encoding") ? Owner::Connection : Owner::App;
    default:
      return Owner::App;
  }
}

bool has_no_length(unsigned status) {
  return status < 200 || status == 204 || status == 304;
}

bool has_no_body(unsigned status) {
  return has_no_length(status) || status == 205;
}

void append_number(std::string& out, std::uint64_t number) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.begin(), digits.end(), number).ptr;
  out.append(digits.begin(), end);
}

void append_status_line(std::string& out, unsigned status) {
  if (const std::string_view line = common_status_line(status); !line.empty()) {
    out.append(line);
    return;
  }
  out.append("HTTP/1.1 ");
  append_number(out, status);
  out.append(" ").append(reason_phrase(status)).append("\r\n");
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

void append_length(std::string& out, std::uint64_t length) {
  out.append("Content-Length: ");
  append_number(out, length);
  out.append("\r\n");
}

void append_connection(std::string& out, const Reply& reply) {
  if (!reply.keep_alive) {
    out.append("Connection: close\r\n");
  } else if (reply.minor_version == 0) {
    out.append("Connection: keep-alive\r\n");
  }
}

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

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
  append_status_line(out, response.status);
  bool has_date = false;
  bool has_server = false;
  std::string_view given_length;
  for (const Field& field : response.fields) {
    switch (owner_of(field.name)) {
      case Owner::Connection:
        continue;
      case Owner::Length:
        given_length = trimmed(field.value);
        continue;
      case Owner::Date:
        has_date = true;
        break;
      case Owner::Server:
        has_server = true;
        break;
      case Owner::App:
        break;
    }
    append_field(out, field.name, field.value);
  }
  if (!has_server) {
    out.append(kServerField);
  }
  if (!has_date) {
    append_field(out, "Date", date);
  }
  const std::string_view body = has_no_body(response.status) ? ""sv : response.body;
  if (reply.head_request && body.empty() && is_number(given_length) &&
      !has_no_body(response.status)) {
    append_field(out, "Content-Length", given_length);
  } else if (!has_no_length(response.status)) {
    append_length(out, body.size());
  }
  append_connection(out, reply);
  out.append("\r\n");
  if (!reply.head_request) {
    out.append(body);
  }
}

void append_error(std::string& out, const ErrorAnswer& answer, std::string_view date) {
  const std::string_view phrase = reason_phrase(answer.status);
  append_status_line(out, answer.status);
  out.append(kServerField);
  append_field(out, "Date", date);
  append_field(out, "Content-Type", "text/plain; charset=utf-8");
  if (answer.retry_after != 0) {
    out.append("Retry-After: ");
    append_number(out, answer.retry_after);
    out.append("\r\n");
  }
  // The body is "404 Not Found", a line end, and the reason as a line of its own if there is one.
  append_length(out,
                3 + 1 + phrase.size() + 1 + (answer.reason.empty() ? 0 : answer.reason.size() + 1));
  out.append("Connection: close\r\n\r\n");
  if (answer.head_request) {
    return;
  }
  append_number(out, answer.status);
  out.append(" ").append(phrase).append("\n");
  if (!answer.reason.empty()) {
    out.append(answer.reason).append("\n");
  }
}

void append_continue(std::string& out) {
  out.append("HTTP/1.1 100 Continue\r\n\r\n");
}

}  // namespace appserver::http
