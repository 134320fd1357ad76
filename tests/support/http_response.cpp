#include "support/http_response.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <stdexcept>
#include <system_error>

namespace appserver::test {
namespace {

bool equal_ignoring_case(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(), [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) ==
           std::tolower(static_cast<unsigned char>(b));
  });
}

[[noreturn]] void refuse(const std::string& why, std::string_view input) {
  throw std::runtime_error("not a response: " + why + " in: " + std::string(input.substr(0, 300)));
}

std::size_t parse_number(std::string_view text, int base) {
  std::size_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) {
    refuse("a length that is no number", text);
  }
  return number;
}

void parse_status_line(std::string_view line, HttpResponse& response) {
  if (!line.starts_with("HTTP/1.1 ") || line.size() < 13 || line[12] != ' ') {
    refuse("its status line is wrong", line);
  }
  response.status = static_cast<int>(parse_number(line.substr(9, 3), 10));
  response.reason = line.substr(13);
}

void parse_header_line(std::string_view line, HttpResponse& response) {
  const std::size_t colon = line.find(':');
  if (colon == line.npos || colon == 0 || line.substr(0, colon).find(' ') != line.npos) {
    refuse("a header without a name", line);
  }
  std::string_view value = line.substr(colon + 1);
  while (value.starts_with(' ')) {
    value.remove_prefix(1);
  }
  response.headers.emplace_back(line.substr(0, colon), value);
}

HttpResponse parse_head(std::string_view head) {
  HttpResponse response;
  bool first = true;
  while (!head.empty()) {
    const std::size_t end = head.find("\r\n");
    const std::string_view line = head.substr(0, end);
    if (line.find_first_of(std::string_view("\r\n\0", 3)) != line.npos) {
      refuse("a control byte in its head", line);
    }
    if (first) {
      parse_status_line(line, response);
    } else {
      parse_header_line(line, response);
    }
    first = false;
    head.remove_prefix(end + 2);
  }
  return response;
}

// Returns: how many bytes the trailer section took, or nothing when it is not complete.
std::optional<std::size_t> parse_trailers(std::string_view input, HttpResponse& response) {
  std::size_t at = 0;
  while (true) {
    const std::size_t end = input.find("\r\n", at);
    if (end == input.npos) {
      return std::nullopt;
    }
    const std::string_view line = input.substr(at, end - at);
    at = end + 2;
    if (line.empty()) {
      return at;
    }
    const std::size_t colon = line.find(": ");
    if (colon == line.npos) {
      refuse("a trailer without a colon", line);
    }
    response.trailers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
  }
}

// Returns: how many bytes the chunks and the trailers took, or nothing when they are not complete.
std::optional<std::size_t> parse_chunks(std::string_view input, HttpResponse& response) {
  std::size_t at = 0;
  while (true) {
    const std::size_t end = input.find("\r\n", at);
    if (end == input.npos) {
      return std::nullopt;
    }
    const std::size_t size = parse_number(input.substr(at, end - at), 16);
    at = end + 2;
    if (size == 0) {
      const auto trailers = parse_trailers(input.substr(at), response);
      return trailers ? std::optional(at + *trailers) : std::nullopt;
    }
    if (input.size() < at + size + 2) {
      return std::nullopt;
    }
    if (input.substr(at + size, 2) != "\r\n") {
      refuse("a chunk without its end", input.substr(at));
    }
    response.body += input.substr(at, size);
    at += size + 2;
  }
}

std::optional<std::size_t> parse_body(std::string_view input, bool at_end, HttpResponse& response) {
  if (response.has_header("Transfer-Encoding")) {
    return parse_chunks(input, response);
  }
  if (response.has_header("Content-Length")) {
    const std::size_t size = parse_number(response.header("Content-Length"), 10);
    if (input.size() < size) {
      return std::nullopt;
    }
    response.body = input.substr(0, size);
    return size;
  }
  if (!at_end) {
    return std::nullopt;
  }
  response.until_close = true;
  response.body = input;
  return input.size();
}

}  // namespace

std::string HttpResponse::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (equal_ignoring_case(key, name)) {
      return value;
    }
  }
  return {};
}

bool HttpResponse::has_header(std::string_view name) const {
  return std::any_of(headers.begin(), headers.end(), [name](const auto& header) {
    return equal_ignoring_case(header.first, name);
  });
}

bool HttpResponse::announces_close() const {
  return until_close || equal_ignoring_case(header("Connection"), "close");
}

std::optional<ParsedResponse> parse_response(std::string_view input, bool head, bool at_end) {
  constexpr std::string_view kEndOfHead = "\r\n\r\n";
  const std::size_t end = input.find(kEndOfHead);
  if (end == input.npos) {
    return std::nullopt;
  }
  ParsedResponse parsed{.response = parse_head(input.substr(0, end + 2)),
                        .size = end + kEndOfHead.size()};
  const int status = parsed.response.status;
  const bool has_no_body = head || status < 200 || status == 204 || status == 304;
  if (has_no_body) {
    return parsed;
  }
  const auto body_size = parse_body(input.substr(parsed.size), at_end, parsed.response);
  if (!body_size) {
    return std::nullopt;
  }
  parsed.size += *body_size;
  return parsed;
}

}  // namespace appserver::test
