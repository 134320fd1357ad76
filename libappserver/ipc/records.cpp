#include "ipc/records.h"

#include <algorithm>
#include <optional>

namespace appserver::ipc {
namespace {

constexpr std::string_view kHexDigits = "0123456789ABCDEF";

bool is_plain(char byte) noexcept {
  return byte > ' ' && byte < '\x7f' && byte != '%';
}

void append_value(std::string& line, std::string_view value) {
  for (const char byte : value) {
    if (is_plain(byte)) {
      line += byte;
    } else {
      const auto number = static_cast<unsigned char>(byte);
      line += '%';
      line += kHexDigits[number >> 4U];
      line += kHexDigits[number & 15U];
    }
  }
}

std::optional<std::string> value_of(std::string_view text) {
  std::string value;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      if (!is_plain(text[i])) {
        return std::nullopt;
      }
      value += text[i];
      continue;
    }
    if (text.size() - i < 3) {
      return std::nullopt;
    }
    const std::size_t high = kHexDigits.find(text[++i]);
    const std::size_t low = kHexDigits.find(text[++i]);
    if (high == std::string_view::npos || low == std::string_view::npos) {
      return std::nullopt;
    }
    value += static_cast<char>(high * 16 + low);
  }
  return value;
}

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '_';
  });
}

// Takes the text up to the next `border` off the front of `rest`.
std::string_view take_until(char border, std::string_view& rest) {
  const std::size_t length = std::min(rest.find(border), rest.size());
  const std::string_view part = rest.substr(0, length);
  rest.remove_prefix(std::min(length + 1, rest.size()));
  return part;
}

std::optional<Record> read_line(std::string_view line) {
  const std::string_view kind = take_until(' ', line);
  if (!is_name(kind)) {
    return std::nullopt;
  }
  Record record{std::string(kind)};
  while (!line.empty()) {
    std::string_view pair = take_until(' ', line);
    const bool has_value = pair.find('=') != std::string_view::npos;
    const std::string_view name = take_until('=', pair);
    auto value = value_of(pair);
    if (!has_value || !is_name(name) || !value || record.find(name) != nullptr) {
      return std::nullopt;
    }
    record.set(name, std::move(*value));
  }
  return record;
}

}  // namespace

void Record::set(std::string_view name, std::string value) {
  values_.emplace_back(name, std::move(value));
}

const std::string* Record::find(std::string_view name) const noexcept {
  const auto found = std::find_if(values_.begin(), values_.end(),
                                  [name](const auto& pair) { return pair.first == name; });
  return found == values_.end() ? nullptr : &found->second;
}

std::string write_record(const Record& record) {
  std::string line = record.kind();
  for (const auto& [name, value] : record.values()) {
    line.append(" ").append(name).append("=");
    append_value(line, value);
  }
  return line += '\n';
}

Result<std::vector<Record>> read_records(std::string_view text) {
  if (text.size() > kMostRecordBytes) {
    return failure("more than " + std::to_string(kMostRecordBytes) + " bytes");
  }
  std::vector<Record> records;
  while (!text.empty()) {
    auto record = read_line(take_until('\n', text));
    if (!record) {
      return failure("line " + std::to_string(records.size() + 1) + " is no record");
    }
    records.push_back(std::move(*record));
  }
  return records;
}

}  // namespace appserver::ipc
