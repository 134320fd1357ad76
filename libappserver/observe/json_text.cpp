#include "observe/json_text.h"

#include "observe/escape.h"

namespace appserver::observe {

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto first = static_cast<unsigned char>(text.front());
    const std::size_t length = first < 0x20 ? 1 : printable_length(text);
    if (length == 0) {
      append_hex_escape(out, first);
      text.remove_prefix(1);
      continue;
    }
    out += text.substr(0, length);
    text.remove_prefix(length);
  }
  return out;
}

}  // namespace appserver::observe
