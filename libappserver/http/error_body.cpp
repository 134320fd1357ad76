#include "http/error_body.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

#include "http/grammar.h"
#include "http/status.h"
#include "http/weighted_list.h"

namespace appserver::http {
namespace {

constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::string_view kProblem = "application/problem+json";
constexpr std::string_view kJson = "application/json";

std::string_view essence(std::string_view content_type) {
  return trimmed(content_type.substr(0, content_type.find(';')));
}

bool equal_types(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return to_lower(x) == to_lower(y); });
}

// How exactly a media range names a type: 3 by its name, 2 as type/*, 1 as */*, 0 not at all.
int precision(std::string_view range, std::string_view type) {
  if (equal_types(range, type)) {
    return 3;
  }
  if (range == "*/*") {
    return 1;
  }
  const std::size_t slash = type.find('/') + 1;
  const bool is_wild = range.size() == slash + 1 && range.back() == '*';
  return is_wild && equal_types(range.substr(0, slash), type.substr(0, slash)) ? 2 : 0;
}

// RFC 9110 section 12.5.1: the most precise range decides.
unsigned weight_of(std::string_view accept, std::string_view content_type) {
  if (trimmed(accept).empty()) {
    return 1000;
  }
  const std::string_view type = essence(content_type);
  int best = 0;
  unsigned result = 0;
  for_each_weighted(accept, [&](std::string_view range, unsigned weight) {
    if (precision(range, type) > best) {
      best = precision(range, type);
      result = weight;
    }
  });
  return result;
}

std::string_view preferred_form(std::string_view accept, const ErrorPages::Page* page) {
  const std::array forms{page != nullptr ? page->content_type : kText, kText, kProblem, kJson};
  return *std::max_element(forms.begin(), forms.end(),
                           [accept](std::string_view a, std::string_view b) {
                             return weight_of(accept, a) < weight_of(accept, b);
                           });
}

void append_status(std::string& out, unsigned status) {
  out.append(std::to_string(status));
}

std::string in_text(unsigned status, std::string_view reason) {
  std::string text;
  append_status(text, status);
  text.append(" ").append(reason_phrase(status)).append("\n");
  if (!reason.empty()) {
    text.append(reason).append("\n");
  }
  return text;
}

// RFC 8259 section 7.
void append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out.push_back('"');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20) {
      out.append("\\u00").push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15]);
    } else {
      if (c == '"' || c == '\\') {
        out.push_back('\\');
      }
      out.push_back(c);
    }
  }
  out.push_back('"');
}

// RFC 9457 section 3.1. Without a `type` a problem is about:blank: the status says it all.
std::string in_json(unsigned status, std::string_view reason) {
  std::string json = "{\"title\":";
  append_json_string(json, reason_phrase(status));
  json.append(",\"status\":");
  append_status(json, status);
  if (!reason.empty()) {
    json.append(",\"detail\":");
    append_json_string(json, reason);
  }
  return json.append("}\n");
}

}  // namespace

ErrorBody render_error(unsigned status, std::string_view reason, std::string_view accept,
                       const ErrorPages& pages) {
  const ErrorPages::Page* const page = pages.find(status);
  const std::string_view form = preferred_form(accept, page);
  if (page != nullptr && form == page->content_type) {
    return {form, page->content};
  }
  return {form, form == kText ? in_text(status, reason) : in_json(status, reason)};
}

std::string_view accept_of(const RequestHead& head) {
  for (const Field& field : head.fields) {
    if (equals_lower(field.name, "accept")) {
      return field.value;
    }
  }
  return {};
}

std::string_view guess_accept(std::string_view bytes) {
  constexpr std::string_view kName = "accept:";
  const std::string_view head = bytes.substr(0, bytes.find("\r\n\r\n"));
  for (std::size_t end = head.find('\n'); end != std::string_view::npos;
       end = head.find('\n', end + 1)) {
    const std::string_view line =
        head.substr(end + 1, head.find_first_of("\r\n", end + 1) - end - 1);
    if (equals_lower(line.substr(0, kName.size()), kName)) {
      return trimmed(line.substr(kName.size()));
    }
  }
  return {};
}

}  // namespace appserver::http
