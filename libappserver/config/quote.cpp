#include "config/quote.h"

namespace appserver::config {

std::string printable(std::string_view text) {
  constexpr std::size_t kLongest = 200;
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string line;
  for (const char c : text.substr(0, kLongest)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      line += {'\\', 'x', kHex[byte / 16], kHex[byte % 16]};
    } else {
      line += c;
    }
  }
  return line + (text.size() > kLongest ? "..." : "");
}

std::string in_quotes(std::string_view text) {
  return "'" + printable(text) + "'";
}

}  // namespace appserver::config
