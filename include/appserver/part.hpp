#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace appserver {

// What stands above the bytes of a part of a multipart/form-data body (RFC 7578 section 4).
// Everything in here was chosen by the client.
struct PartHead {
  std::string name;  // of the form's field
  // Present when the field is a file; then it may still be empty, when none was chosen. As sent:
  // browsers write a quote as %22 and a line break as %0D%0A. Never a path of yours; see
  // plain_file_name().
  std::optional<std::string> filename{};
  std::string content_type{};  // empty: text/plain
};

// How much of a multipart body is accepted; more gets 413.
struct MultipartLimits {
  std::size_t parts = 100;
  std::size_t header_bytes = 8 * 1024;             // of each part
  std::uint64_t part_bytes = 16 * 1024 * 1024;     // of each part
  std::uint64_t body_bytes = 64ULL * 1024 * 1024;  // all together, delimiters included
};

// The last component of a file name that a client gave, for showing it to people or for choosing an
// extension: without folders of Unix or Windows, control bytes, and leading dots. May be empty.
// Two clients may send the same name: store files under names of your own. [any]
[[nodiscard]] inline std::string plain_file_name(std::string_view given) {
  given.remove_prefix(std::min(given.find_last_of("/\\:") + 1, given.size()));
  given.remove_prefix(std::min(given.find_first_not_of('.'), given.size()));
  std::string plain;
  for (const char byte : given) {
    const auto code = static_cast<unsigned char>(byte);
    if (code >= ' ' && code != 0x7F) {
      plain.push_back(byte);
    }
  }
  return plain;
}

}  // namespace appserver
