#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"

namespace appserver::net {

// Where to listen, as the user wrote it for --bind.
struct TcpAddress {
  std::string host;  // A name or number; empty means all addresses.
  std::uint16_t port = 0;
};
struct UnixAddress {
  std::string path;  // Without the '@' of an abstract one.
  bool abstract = false;
};
// A descriptor that is a listening socket already: `fd://3`.
struct InheritedSocket {
  int fd = -1;
};
using BindAddress = std::variant<TcpAddress, UnixAddress, InheritedSocket>;

// Understands `host:port`, `[v6]:port`, `:port`, `unix:PATH`, `unix:@NAME` and `fd://N`.
// Errors: anything else; the text says what was expected. [any] Pure.
[[nodiscard]] Result<BindAddress> parse_bind_address(std::string_view text);

}  // namespace appserver::net
