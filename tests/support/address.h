#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/unique_fd.h"

namespace appserver::test {

// Where a server listens: a TCP port of 127.0.0.1 or a unix socket.
struct Address {
  int port = 0;
  std::string unix_path = {};  // Not empty: a unix socket.
  std::string from = {};       // The client's own address, such as 127.0.0.7; empty: any.
};

// Finds the first "listening at http://127.0.0.1:PORT" or "listening at unix:PATH" in a log.
// Returns: nothing when there is none yet, or its line is not yet complete.
[[nodiscard]] std::optional<Address> find_listening_address(std::string_view log);

// Begins a connection to `address` without blocking, on a non-blocking close-on-exec socket.
// Returns: the socket; not open, with errno set, when the connection failed at once.
[[nodiscard]] UniqueFd start_connecting(const Address& address);

// Whether somebody accepts connections there (at least the kernel for a listening socket).
[[nodiscard]] bool accepts_connections(const Address& address);

}  // namespace appserver::test
