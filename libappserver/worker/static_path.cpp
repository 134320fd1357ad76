#include "worker/static_path.h"

#include <algorithm>
#include <cstddef>

#include "http/grammar.h"

namespace appserver::worker {
namespace {

constexpr http::Refusal kBadEscape{400, "The path has a % without two hex digits behind it."};
constexpr http::Refusal kNul{400, "The path has a NUL byte."};
constexpr http::Refusal kNoSuchFile{404, "There is no such file."};

unsigned hex_value(char c) {
  return static_cast<unsigned>(http::is_digit(c) ? c - '0' : http::to_lower(c) - 'a' + 10);
}

struct Decoded {
  std::size_t taken = 1;  // How many characters it stood for; 0: a bad escape.
  char byte = '\0';
};

// The byte at the front of `text`, which is not empty.
Decoded decode_front(std::string_view text) {
  if (text[0] != '%') {
    return {1, text[0]};
  }
  if (text.size() < 3 || !http::is_hex_digit(text[1]) || !http::is_hex_digit(text[2])) {
    return {0, '\0'};
  }
  return {3, static_cast<char>(hex_value(text[1]) * 16 + hex_value(text[2]))};
}

Result<std::string, http::Refusal> decode_segment(std::string_view segment) {
  std::string name;
  name.reserve(segment.size());
  while (!segment.empty()) {
    const Decoded next = decode_front(segment);
    if (next.taken == 0) {
      return failure(kBadEscape);
    }
    if (next.byte == '\0') {
      return failure(kNul);
    }
    name.push_back(next.byte);
    segment.remove_prefix(next.taken);
  }
  return name;
}

bool is_served(std::string_view name) {
  return !name.empty() && name.find_first_of("/\\") == std::string_view::npos &&
         (name.front() != '.' || name == ".well-known");
}

bool is_sane_prefix(std::string_view prefix) {
  for (std::size_t start = 0; start < prefix.size();) {
    const std::size_t end = std::min(prefix.find('/', start + 1), prefix.size());
    const std::string_view segment = prefix.substr(start + 1, end - start - 1);
    const bool has_bad_byte = std::any_of(segment.begin(), segment.end(), [](char c) {
      const auto byte = static_cast<unsigned char>(c);
      return byte < 0x20 || byte == 0x7f || c == '\\';
    });
    if (segment.empty() || segment == "." || segment == ".." || has_bad_byte) {
      return false;
    }
    start = end;
  }
  return true;
}

}  // namespace

Result<MountPoint> parse_mount_point(std::string_view text) {
  const std::size_t equals = text.find('=');
  const std::string shown = "static mount \"" + std::string(text) + "\" ";
  if (!text.starts_with('/') || equals == std::string_view::npos || equals + 1 == text.size()) {
    return failure(shown + "is not of the form /PREFIX=DIRECTORY");
  }
  std::string_view prefix = text.substr(0, equals);
  if (prefix.ends_with('/')) {
    prefix.remove_suffix(1);
  }
  if (!is_sane_prefix(prefix)) {
    return failure(shown +
                   "has a prefix that no request can have: leave out empty segments, \".\", "
                   "\"..\", backslashes and control bytes");
  }
  return MountPoint{std::string(prefix), std::string(text.substr(equals + 1))};
}

std::optional<std::string_view> path_below(std::string_view path, std::string_view prefix) {
  for (const char wanted : prefix) {
    if (path.empty()) {
      return std::nullopt;
    }
    const Decoded next = decode_front(path);
    // An escaped slash is part of a name and separates nothing.
    const bool is_same =
        next.taken != 0 && next.byte == wanted && (wanted != '/' || next.taken == 1);
    if (!is_same) {
      return std::nullopt;
    }
    path.remove_prefix(next.taken);
  }
  return path.empty() || path.front() == '/' ? std::optional(path) : std::nullopt;
}

Result<StaticPath, http::Refusal> read_static_path(std::string_view rest) {
  StaticPath path;
  path.names_folder = rest.ends_with('/');
  if (path.names_folder) {
    rest.remove_suffix(1);
  }
  while (!rest.empty()) {
    rest.remove_prefix(1);  // The slash.
    const std::string_view segment = rest.substr(0, rest.find('/'));
    rest.remove_prefix(segment.size());
    const auto name = decode_segment(segment);
    if (!name) {
      return failure(name.error());
    }
    if (!is_served(*name)) {
      return failure(kNoSuchFile);
    }
    path.relative.append(path.relative.empty() ? "" : "/").append(*name);
  }
  return path;
}

}  // namespace appserver::worker
