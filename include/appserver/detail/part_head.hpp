#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include <appserver/content_type.hpp>
#include <appserver/http_error.hpp>
#include <appserver/part.hpp>
#include <appserver/url.hpp>

// Not part of the user's interface: the header of a part. Errors: the functions throw
// HttpError(400).
namespace appserver::detail {

// RFC 2046 section 5.1.1: 1 to 70 of these bytes, and no blank at the end.
inline void check_boundary(std::string_view boundary) {
  constexpr std::string_view kMarks = "'()+_,-./:=? ";
  const bool is_good = std::all_of(boundary.begin(), boundary.end(), [kMarks](char byte) {
    const char lower = url::to_lower(byte);
    return (lower >= 'a' && lower <= 'z') || (byte >= '0' && byte <= '9') ||
           kMarks.find(byte) != std::string_view::npos;
  });
  if (boundary.empty() || boundary.size() > 70 || boundary.back() == ' ' || !is_good) {
    throw HttpError(400, "the Content-Type of the multipart body has no usable boundary");
  }
}

inline void read_disposition(PartHead& head, std::string_view value) {
  bool has_name = false;
  bool repeats = false;
  const bool well_formed =
      visit_parameters(value, [&](std::string_view name, std::string_view parameter) {
        if (url::same_name(name, "name")) {
          repeats = repeats || has_name;
          has_name = true;
          head.name = parameter;
        } else if (url::same_name(name, "filename")) {
          repeats = repeats || head.filename.has_value();
          head.filename = std::string(parameter);
        }
        return false;  // filename* is not to be used in forms (RFC 7578 section 4.2)
      });
  if (!well_formed || repeats || !has_name || !url::same_name(bare_value(value), "form-data")) {
    throw HttpError(400, "a part of the form has no well-formed Content-Disposition with one name");
  }
}

// Other encodings are long out of use (RFC 7578 section 4.7), and not undoing one would hand on
// something else than was meant.
inline void check_transfer_encoding(std::string_view value) {
  const std::array plain{"7bit", "8bit", "binary"};
  if (std::none_of(plain.begin(), plain.end(),
                   [value](std::string_view name) { return url::same_name(value, name); })) {
    throw HttpError(400, "a part of the form has a Content-Transfer-Encoding");
  }
}

// Takes one field from the front of `lines`, whose lines are ended by CRLF, the last by its end.
inline void take_field(std::string_view& lines, std::string_view& name, std::string_view& value) {
  const std::string_view line = lines.substr(0, lines.find("\r\n"));
  lines.remove_prefix(std::min(line.size() + 2, lines.size()));
  const std::size_t colon = line.find(':');
  name = line.substr(0, std::min(colon, line.size()));
  const bool has_control = std::any_of(line.begin(), line.end(), [](char byte) {
    const auto code = static_cast<unsigned char>(byte);
    return (code < ' ' && code != '\t') || code == 0x7F;
  });
  if (colon == std::string_view::npos || has_control || !url::is_token(name)) {
    throw HttpError(400, "a part of the form has a malformed header");
  }
  value = url::trim(line.substr(colon + 1));
}

[[nodiscard]] inline PartHead parse_part_head(std::string_view lines) {
  PartHead head;
  bool has_disposition = false;
  while (!lines.empty()) {
    std::string_view name;
    std::string_view value;
    take_field(lines, name, value);
    if (url::same_name(name, "Content-Disposition")) {
      if (has_disposition) {
        throw HttpError(400, "a part of the form has two Content-Dispositions");
      }
      has_disposition = true;
      read_disposition(head, value);
    } else if (url::same_name(name, "Content-Type")) {
      head.content_type = value;
    } else if (url::same_name(name, "Content-Transfer-Encoding")) {
      check_transfer_encoding(value);
    }
  }
  if (!has_disposition) {
    throw HttpError(400, "a part of the form has no Content-Disposition");
  }
  return head;
}

}  // namespace appserver::detail
