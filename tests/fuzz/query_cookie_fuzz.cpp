#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <appserver/cookie.hpp>
#include <appserver/detail/path.hpp>
#include <appserver/url.hpp>

#include "require.h"

// What an app's header-only face makes of paths, queries and cookies, which are all the client's.
// Seeds: seeds/query_cookie.

namespace {

using namespace appserver;
using fuzz::require;

bool lies_in(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

// Every byte as an escape, so that decoding has to give the bytes back.
std::string escaped(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out.append("%").push_back(kHex[byte >> 4]);
    out.push_back(kHex[byte & 15]);
  }
  return out;
}

void check_decoding(std::string_view text) {
  const auto strict = url::percent_decode(text);
  const std::string forgiving = url::query_decode(text);
  require(forgiving.size() <= text.size());
  if (strict && text.find('+') == std::string_view::npos) {
    require(*strict == forgiving);
  }
  require(url::percent_decode(escaped(text)) == std::string(text));
  require(url::query_decode(escaped(text)) == text);
  if (const auto path = detail::RequestPath::parse(text)) {
    require(strict.has_value());
    require(path->decoded() == *strict);
    require(path->decoded().find('\0') == std::string_view::npos);
  }
  const std::string_view trimmed = url::trim(text);
  require(lies_in(trimmed, text) && url::trim(trimmed) == trimmed);
}

// Put together again, the fields are the list without its empty ones.
void check_fields(std::string_view list, char separator) {
  std::string seen;
  url::visit_fields(list, separator, [&](std::string_view name, std::string_view value) {
    require(lies_in(name, list) && lies_in(value, list));
    require(name.find(separator) == std::string_view::npos);
    require(value.find(separator) == std::string_view::npos);
    require(name.find('=') == std::string_view::npos);
    require(url::names_field(name, url::query_decode(name)));
    seen.append(name);
    const char* const end = name.data() + name.size();
    if (end != list.data() + list.size() && *end == '=') {
      seen.append("=").append(value);
    }
    seen.push_back(separator);
    return false;
  });
  std::string wanted;
  for (const char c : list) {
    if (c != separator || (!wanted.empty() && wanted.back() != separator)) {
      wanted.push_back(c);
    }
  }
  if (!wanted.empty() && wanted.back() != separator) {
    wanted.push_back(separator);
  }
  require(seen == wanted);
}

// A cookie that may be set comes back as it was, and cannot add a field or an attribute.
void check_cookie(std::string_view name, std::string_view value) {
  std::string text;
  try {
    text = to_header_value({.name = std::string(name), .value = std::string(value)});
  } catch (const std::invalid_argument&) {
    return;
  }
  require(text.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
  require(text ==
          std::string(name) + "=" + std::string(value) + "; Path=/; HttpOnly; SameSite=Lax");
  int found = 0;
  url::visit_fields(text, ';', [&](std::string_view key, std::string_view content) {
    require(found++ > 0 || (url::trim(key) == name && content == value));
    return false;
  });
  require(found == 4);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  // A copy of exactly this size, so that a read behind its end is seen.
  const std::vector<char> block(input, input + size);
  const std::string_view text(block.data(), block.size());
  check_decoding(text);
  check_fields(text, '&');
  check_fields(text, ';');
  const std::size_t equals = text.find('=');
  if (equals != std::string_view::npos) {
    check_cookie(text.substr(0, equals), text.substr(equals + 1));
  }
  return 0;
}
