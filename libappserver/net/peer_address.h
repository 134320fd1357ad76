#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <sys/socket.h>

namespace appserver::net {

// A client's address, small enough to be kept for each of thousands of idle connections.
class PeerAddress {
 public:
  PeerAddress() noexcept = default;
  // Of anything but IPv4 and IPv6 only "unix" is remembered.
  explicit PeerAddress(const sockaddr_storage& address) noexcept;

  // "192.0.2.1", "2001:db8::1", "unix:"; an IPv4 client of an IPv6 socket is shown as IPv4.
  void append_host(std::string& out) const;
  // "192.0.2.1:51234", "[2001:db8::1]:443", "unix:".
  void append_host_and_port(std::string& out) const;

 private:
  enum class Family : std::uint8_t { Unix, V4, V6 };

  std::array<unsigned char, 16> address_{};  // Network byte order; IPv4 uses the first four.
  std::uint16_t port_ = 0;                   // Host byte order.
  Family family_ = Family::Unix;
};

}  // namespace appserver::net
