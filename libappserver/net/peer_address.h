#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <sys/socket.h>

namespace appserver::net {

// A client's address, small enough to be kept for each of thousands of idle connections. An IPv4
// client of an IPv6 socket (::ffff:192.0.2.1) is IPv4 here, whichever way the address came in, so
// that no rule about addresses can be evaded by the other spelling.
class PeerAddress {
 public:
  enum class Family : std::uint8_t { Unix, V4, V6 };

  // A client of a unix socket.
  PeerAddress() noexcept = default;
  // Of anything but IPv4 and IPv6 only "unix" is remembered.
  explicit PeerAddress(const sockaddr_storage& address) noexcept;

  // A client of a unix socket that the kernel knows (SO_PEERCRED, unix(7)).
  [[nodiscard]] static PeerAddress local(std::uint32_t uid, std::int32_t pid) noexcept;
  // From bytes in network order. `port` 0 stands for "not known" everywhere: no TCP client has it.
  [[nodiscard]] static PeerAddress v4(std::span<const unsigned char, 4> bytes,
                                      std::uint16_t port) noexcept;
  [[nodiscard]] static PeerAddress v6(std::span<const unsigned char, 16> bytes,
                                      std::uint16_t port) noexcept;
  // From a numeric address as inet_pton(3) takes it, "192.0.2.1" or "2001:db8::1": no port, no
  // brackets, no zone, no leading zeros. Returns: nullopt for anything else.
  [[nodiscard]] static std::optional<PeerAddress> parse(std::string_view text,
                                                        std::uint16_t port = 0) noexcept;

  [[nodiscard]] Family family() const noexcept { return family_; }
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  // Network byte order; IPv4 uses the first four, and what is not used is zero.
  [[nodiscard]] const std::array<unsigned char, 16>& bytes() const noexcept { return address_; }
  // Whether both are the same host, whatever the ports.
  [[nodiscard]] bool is_same_host(const PeerAddress& other) const noexcept {
    return family_ == other.family_ && (family_ == Family::Unix || address_ == other.address_);
  }
  friend bool operator==(const PeerAddress&, const PeerAddress&) = default;

  // The object as it lies in memory, for messages between processes that run the same build.
  using Image = std::array<char, 20>;
  [[nodiscard]] Image image() const noexcept;
  [[nodiscard]] static PeerAddress from_image(const Image& image) noexcept;

  // "192.0.2.1", "2001:db8::1", "unix:".
  void append_host(std::string& out) const;
  // "192.0.2.1:51234", "[2001:db8::1]:443", "unix:", or, of one that is known, "unix:uid=0,pid=12".
  void append_host_and_port(std::string& out) const;

 private:
  static constexpr std::uint16_t kKnown = 1;  // The port of a unix client whose process is known.

  void append_local(std::string& out) const;

  std::array<unsigned char, 16> address_{};
  std::uint16_t port_ = 0;  // Host byte order.
  Family family_ = Family::Unix;
};
static_assert(sizeof(PeerAddress) == sizeof(PeerAddress::Image));

}  // namespace appserver::net
