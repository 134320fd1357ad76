#include "net/bind_address.h"

#include <charconv>
#include <optional>
#include <sys/un.h>

namespace appserver::net {
namespace {

template <typename Number>
std::optional<Number> parse_number(std::string_view digits) {
  Number number{};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) {
    return std::nullopt;
  }
  return number;
}

Failure<Error> bad_address(std::string_view text, std::string_view why) {
  std::string message = "bad address '";
  message.append(text).append("' for --bind: ").append(why);
  message.append(
      "; expected host:port, [v6]:port, :port, unix:PATH, unix:@NAME, fd://N or fd://NAME");
  return failure(std::move(message));
}

Result<BindAddress> parse_unix(std::string_view text, std::string_view path) {
  const bool abstract = path.starts_with('@');
  if (abstract) {
    path.remove_prefix(1);
  }
  if (path.empty()) {
    return bad_address(text, "the path is missing");
  }
  // One byte is the terminating NUL, or the leading one of an abstract name (unix(7)).
  if (path.size() > sizeof(sockaddr_un::sun_path) - 1) {
    return bad_address(text, "the path is longer than the 107 bytes that a unix socket allows");
  }
  return BindAddress{UnixAddress{std::string(path), abstract}};
}

Result<BindAddress> parse_tcp(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return bad_address(text, "the port is missing");
  }
  const auto port = parse_number<std::uint16_t>(text.substr(colon + 1));
  if (!port) {
    return bad_address(text, "the port is not a number from 0 to 65535");
  }
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    if (host.empty()) {
      return bad_address(text, "the address between the brackets is missing");
    }
  } else if (host.find_first_of(":[]") != std::string_view::npos) {
    return bad_address(text, "an IPv6 address stands in brackets, as in [::1]:8000");
  }
  return BindAddress{TcpAddress{std::string(host), *port}};
}

}  // namespace

Result<BindAddress> parse_bind_address(std::string_view text) {
  if (text.starts_with("unix:")) {
    return parse_unix(text, text.substr(5));
  }
  if (text.starts_with("fd://")) {
    const auto fd = parse_number<int>(text.substr(5));
    if (!fd || *fd < 0) {
      return bad_address(text, "the descriptor is not a number");
    }
    return BindAddress{InheritedSocket{*fd}};
  }
  return parse_tcp(text);
}

}  // namespace appserver::net
