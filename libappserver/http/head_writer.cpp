#include "http/head_writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

#include "http/grammar.h"
#include "http/status.h"

namespace appserver::http {
namespace {

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

void append_connection(std::string& out, const Reply& reply) {
  if (!reply.keep_alive) {
    out.append("Connection: close\r\n");
  } else if (reply.minor_version == 0) {
    out.append("Connection: keep-alive\r\n");
  }
}

void append_end(std::string& out, unsigned status, const HeadEnd& end,
                std::string_view given_length) {
  if (end.rule == LengthRule::Chunked) {
    out.append("Transfer-Encoding: chunked\r\n");
  } else if (end.rule == LengthRule::GivenOrLength && is_number(given_length) &&
             !has_no_body(status)) {
    append_field(out, "Content-Length", given_length);
  } else if (end.rule != LengthRule::Nothing && !has_no_length(status)) {
    append_length(out, end.length);
  }
}

}  // namespace

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

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

void append_head(std::string& out, const Response& head, const Reply& reply, const HeadEnd& end,
                 std::string_view date) {
  append_status_line(out, head.status);
  bool has_date = false;
  bool has_server = false;
  std::string_view given_length;
  for (const Field& field : head.fields) {
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
  append_end(out, head.status, end, given_length);
  append_connection(out, reply);
  out.append("\r\n");
}

}  // namespace appserver::http
