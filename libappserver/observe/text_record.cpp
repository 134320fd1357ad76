#include <array>
#include <charconv>

#include "observe/escape.h"
#include "observe/record.h"

namespace appserver::observe {
namespace {

bool needs_quotes(std::string_view text) {
  if (text.empty()) {
    return true;
  }
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    const std::size_t length = printable_length(text.substr(at));
    if (length == 0 || c == ' ' || c == '"' || c == '=' || c == '\\') {
      return true;
    }
    at += length;
  }
  return false;
}

void append_value(std::string& out, std::string_view text) {
  if (!needs_quotes(text)) {
    out += text;
    return;
  }
  out += '"';
  append_escaped(out, text);
  out += '"';
}

void append_value(std::string& out, bool truth) {
  out += truth ? "true" : "false";
}

template <typename Number>
void append_number(std::string& out, Number number) {
  // The longest shortest-form double, -1.7976931348623157e+308, has 24 characters.
  std::array<char, 32> digits;
  const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out.append(digits.data(), written.ptr);
}
void append_value(std::string& out, std::int64_t number) {
  append_number(out, number);
}
void append_value(std::string& out, double number) {
  append_number(out, number);
}

void append_lines(std::string& out, const Lines& lines) {
  for (const std::string& line : lines.texts) {
    out += "\n    ";
    append_escaped(out, line, Quotes::Keep);
  }
}

void append_identity(std::string& out, const Identity& identity) {
  append_escaped(out, identity.role);
  if (identity.slot) {
    out += ' ';
    out += std::to_string(*identity.slot);
  }
  if (identity.generation) {
    out += " gen ";
    out += std::to_string(*identity.generation);
  }
  out += ": ";
}

}  // namespace

std::string text_payload(const Identity& identity, std::string_view message,
                         std::span<const Field> fields) {
  std::string out;
  append_identity(out, identity);
  append_escaped(out, message, Quotes::Keep);
  for (const Field& field : fields) {
    if (std::holds_alternative<Lines>(field.value)) {
      continue;
    }
    out += ' ';
    append_escaped(out, field.key);
    out += '=';
    std::visit(
        [&out](const auto& value) {
          if constexpr (!std::is_same_v<decltype(value), const Lines&>) {
            append_value(out, value);
          }
        },
        field.value);
  }
  for (const Field& field : fields) {
    if (const Lines* lines = std::get_if<Lines>(&field.value)) {
      append_lines(out, *lines);
    }
  }
  return out;
}

}  // namespace appserver::observe
