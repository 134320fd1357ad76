#include "http/host_syntax.h"

#include <arpa/inet.h>
#include <array>
#include <cstddef>
#include <optional>

#include "http/grammar.h"

namespace appserver::http {
namespace {

// unreserved and sub-delims of RFC 3986 without the comma, and `%` of pct-encoded.
constexpr CharClass kNameChars{"-._~!$&'()*+;=%"};

struct Authority {
  std::string_view host;
  std::optional<std::string_view> port;
};

bool is_ipv6(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  if (text.size() >= terminated.size() || text.find('\0') != std::string_view::npos) {
    return false;
  }
  text.copy(terminated.data(), text.size());
  in6_addr address{};
  return ::inet_pton(AF_INET6, terminated.data(), &address) == 1;
}

bool is_registered_name(std::string_view text) {
  if (text.empty() || !kNameChars.contains_all(text)) {
    return false;
  }
  for (std::size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 1)) {
    if (at + 2 >= text.size() || !is_hex_digit(text[at + 1]) || !is_hex_digit(text[at + 2])) {
      return false;
    }
  }
  return true;
}

bool is_port(std::string_view text) {
  unsigned port = 0;
  for (const char c : text) {
    if (!is_digit(c)) {
      return false;
    }
    port = port * 10 + static_cast<unsigned>(c - '0');
    if (port > 65535) {
      return false;
    }
  }
  return true;
}

// Splits at the colon before the port; the colons inside brackets belong to the address.
std::optional<Authority> split(std::string_view text) {
  std::size_t end = text.find(':');
  if (text.starts_with('[')) {
    end = text.find(']');
    if (end == std::string_view::npos) {
      return std::nullopt;
    }
    ++end;
  }
  const std::string_view host = text.substr(0, end);
  if (end == std::string_view::npos || end == text.size()) {
    return Authority{host, std::nullopt};
  }
  if (text[end] != ':') {
    return std::nullopt;
  }
  return Authority{host, text.substr(end + 1)};
}

bool is_valid(const Authority& authority) {
  const std::string_view host = authority.host;
  const bool good_host =
      host.starts_with('[') ? is_ipv6(host.substr(1, host.size() - 2)) : is_registered_name(host);
  return good_host && is_port(authority.port.value_or(""));
}

}  // namespace

bool is_authority(std::string_view text) {
  const auto authority = split(text);
  return authority && is_valid(*authority);
}

bool is_authority_with_port(std::string_view text) {
  const auto authority = split(text);
  return authority && authority->port && !authority->port->empty() && is_valid(*authority);
}

}  // namespace appserver::http
