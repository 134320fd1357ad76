#include "http/stream_writer.h"

#include <array>
#include <charconv>

#include "http/grammar.h"
#include "http/head_writer.h"

namespace appserver::http {
namespace {

// The length that the app announces by its own Content-Length.
std::optional<std::uint64_t> announced_length(const Response& head) {
  for (const Field& field : head.fields) {
    if (!equals_lower(field.name, "content-length")) {
      continue;
    }
    const std::string_view text = trimmed(field.value);
    std::uint64_t length = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    if (error == std::errc{} && end == text.data() + text.size()) {
      return length;
    }
  }
  return std::nullopt;
}

HeadEnd head_end_of(const Framing& framing) {
  switch (framing.kind) {
    case Framing::Kind::Length:
      return {LengthRule::Length, framing.length};
    case Framing::Kind::Chunked:
      return {LengthRule::Chunked, 0};
    case Framing::Kind::None:
      return {LengthRule::GivenOrLength, framing.length};
    case Framing::Kind::UntilClose:
      break;
  }
  return {LengthRule::Nothing, 0};
}

}  // namespace

Framing framing_for(const Response& head, const Reply& reply,
                    std::optional<std::uint64_t> known_length) {
  const auto length = known_length ? known_length : announced_length(head);
  if (has_no_body(head.status)) {
    return {Framing::Kind::None, 0};
  }
  if (length) {
    return {reply.head_request ? Framing::Kind::None : Framing::Kind::Length, *length};
  }
  if (reply.minor_version == 0) {
    return {Framing::Kind::UntilClose, 0};
  }
  // HEAD gets the field that GET would have got; its body stays away.
  return {Framing::Kind::Chunked, 0};
}

void append_head(std::string& out, const Response& head, const Reply& reply, const Framing& framing,
                 std::string_view date) {
  append_head(out, head, reply, head_end_of(framing), date);
}

void append_chunk(std::string& out, std::string_view bytes) {
  std::array<char, 16> digits;
  const auto end = std::to_chars(digits.begin(), digits.end(), bytes.size(), 16).ptr;
  out.append(digits.begin(), end).append("\r\n").append(bytes).append("\r\n");
}

void append_last_chunk(std::string& out, std::span<const Field> trailers) {
  out.append("0\r\n");
  for (const Field& field : trailers) {
    append_field(out, field.name, field.value);
  }
  out.append("\r\n");
}

void append_interim(std::string& out, unsigned status, std::span<const Field> fields) {
  append_status_line(out, status);
  for (const Field& field : fields) {
    append_field(out, field.name, field.value);
  }
  out.append("\r\n");
}

}  // namespace appserver::http
