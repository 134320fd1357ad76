#include "net/peer_address.h"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cstring>
#include <netinet/in.h>
#include <string>
#include <type_traits>

namespace appserver::net {

PeerAddress::PeerAddress(const sockaddr_storage& address) noexcept {
  if (address.ss_family == AF_INET) {
    sockaddr_in in;
    std::memcpy(&in, &address, sizeof in);
    std::array<unsigned char, 4> bytes;
    std::memcpy(bytes.data(), &in.sin_addr, sizeof bytes);
    *this = v4(bytes, ntohs(in.sin_port));
  } else if (address.ss_family == AF_INET6) {
    sockaddr_in6 in;
    std::memcpy(&in, &address, sizeof in);
    *this = v6(std::span<const unsigned char, 16>(in.sin6_addr.s6_addr), ntohs(in.sin6_port));
  }
}

// In the place of an address, and marked as such by a port, which no unix socket has.
PeerAddress PeerAddress::local(std::uint32_t uid, std::int32_t pid) noexcept {
  PeerAddress peer;
  std::memcpy(peer.address_.data(), &uid, sizeof uid);
  std::memcpy(peer.address_.data() + sizeof uid, &pid, sizeof pid);
  peer.port_ = kKnown;
  return peer;
}

PeerAddress PeerAddress::v4(std::span<const unsigned char, 4> bytes, std::uint16_t port) noexcept {
  PeerAddress peer;
  std::copy(bytes.begin(), bytes.end(), peer.address_.begin());
  peer.port_ = port;
  peer.family_ = Family::V4;
  return peer;
}

PeerAddress PeerAddress::v6(std::span<const unsigned char, 16> bytes, std::uint16_t port) noexcept {
  // RFC 4291 section 2.5.5.2.
  constexpr std::array<unsigned char, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::equal(kMapped.begin(), kMapped.end(), bytes.begin())) {
    return v4(bytes.last<4>(), port);
  }
  PeerAddress peer;
  std::copy(bytes.begin(), bytes.end(), peer.address_.begin());
  peer.port_ = port;
  peer.family_ = Family::V6;
  return peer;
}

std::optional<PeerAddress> PeerAddress::parse(std::string_view text, std::uint16_t port) noexcept {
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  if (text.size() >= terminated.size() || text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  text.copy(terminated.data(), text.size());
  std::array<unsigned char, 16> bytes{};
  if (text.find(':') != std::string_view::npos) {
    return ::inet_pton(AF_INET6, terminated.data(), bytes.data()) == 1
               ? std::optional(v6(bytes, port))
               : std::nullopt;
  }
  return ::inet_pton(AF_INET, terminated.data(), bytes.data()) == 1
             ? std::optional(v4(std::span(bytes).first<4>(), port))
             : std::nullopt;
}

PeerAddress::Image PeerAddress::image() const noexcept {
  static_assert(std::is_trivially_copyable_v<PeerAddress>);
  Image image;
  std::memcpy(image.data(), this, sizeof *this);
  return image;
}

PeerAddress PeerAddress::from_image(const Image& image) noexcept {
  PeerAddress peer;
  std::memcpy(static_cast<void*>(&peer), image.data(), sizeof peer);
  return peer;
}

void PeerAddress::append_host(std::string& out) const {
  if (family_ == Family::Unix) {
    out.append("unix:");
    return;
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(family_ == Family::V4 ? AF_INET : AF_INET6, address_.data(), text.data(),
              static_cast<socklen_t>(text.size()));
  out.append(text.data());
}

void PeerAddress::append_local(std::string& out) const {
  out.append("unix:");
  if (port_ == kKnown) {
    std::uint32_t uid = 0;
    std::int32_t pid = 0;
    std::memcpy(&uid, address_.data(), sizeof uid);
    std::memcpy(&pid, address_.data() + sizeof uid, sizeof pid);
    out.append("uid=" + std::to_string(uid) + ",pid=" + std::to_string(pid));
  }
}

void PeerAddress::append_host_and_port(std::string& out) const {
  if (family_ == Family::Unix) {
    append_local(out);
    return;
  }
  if (family_ == Family::V6) {
    out.push_back('[');
  }
  append_host(out);
  if (family_ == Family::V6) {
    out.push_back(']');
  }
  std::array<char, 8> port{};
  const auto [end, error] = std::to_chars(port.data(), port.data() + port.size(), port_);
  out.push_back(':');
  out.append(port.data(), end);
}

}  // namespace appserver::net
